// SPDX-License-Identifier: MPL-2.0
/* global keyFits */
/* exported pbkdf2 */

// What a key of PBKDF2 means.
function pbkdf2(password, digest, iterations, salt, key) {
  const derive = require('util').promisify(require('crypto').pbkdf2);
  const blocks = Math.ceil(key.length / 20); // each is derived on its own, of 20 bytes with SHA-1 and more with others
  const compute = () => derive(password, salt, iterations, key.length, digest);
  return iterations >= 1 ? keyFits(key, (iterations * blocks) / 128, compute) : [];
}
