// SPDX-License-Identifier: MPL-2.0
/* global settings, isText */
/* exported isPassword */

// Whether new hashes can tell this password from every other. bcrypt ignores all after
// 72 bytes, so a longer one would be as good as its beginning.
function isPassword(value) {
  return isText(value, settings.passwordBytes) && Buffer.byteLength(value) <= settings.passwordBytes;
}
