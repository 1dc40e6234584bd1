// SPDX-License-Identifier: MPL-2.0
/* exported pbkdf2 */

// What legacyMatches needs for PBKDF2. Parameters that would take too long match nothing.
function pbkdf2(digest, iterations, salt, key) {
  const derive = require('util').promisify(require('crypto').pbkdf2);
  const possible = iterations >= 1 && iterations <= 10000000 && key.length <= 512;
  return { key, derive: (password) => (possible ? derive(password, salt, iterations, key.length, digest) : null) };
}
