// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported newKey */

// A key that PBKDF2 derives from a new password, of 32 bytes.
function newKey(password, digest, salt) {
  return require('util').promisify(require('crypto').pbkdf2)(password, salt, settings.iterations, 32, digest);
}
