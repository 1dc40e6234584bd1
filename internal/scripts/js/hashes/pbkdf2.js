// SPDX-License-Identifier: MPL-2.0
/* exported pbkdf2 */

// What legacyMatches needs for PBKDF2. Parameters that would take too long match nothing.
function pbkdf2(digest, iterations, salt, key) {
  const derive = require('util').promisify(require('crypto').pbkdf2);
  const blocks = Math.ceil(key.length / 20); // each is derived on its own, of 20 bytes with SHA-1 and more with others
  const possible = iterations >= 1 && iterations * blocks <= 10000000;
  return { key, derive: (password) => (possible ? derive(password, salt, iterations, key.length, digest) : null) };
}
