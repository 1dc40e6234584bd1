// SPDX-License-Identifier: MPL-2.0
/* exported scrypt */

// What legacyMatches needs for scrypt. Parameters that would take too much memory
// or time match nothing.
function scrypt(log2N, r, p, salt, key) {
  const derive = require('util').promisify(require('crypto').scrypt);
  const memory = 128 * r * 2 ** log2N;
  const possible = log2N >= 1 && r >= 1 && p >= 1 && p <= 16 && memory <= 2 ** 27 && key.length <= 512;
  const parameters = { N: 2 ** log2N, r, p, maxmem: 2 ** 28 };
  return { key, derive: (password) => (possible ? derive(password, salt, key.length, parameters) : null) };
}
