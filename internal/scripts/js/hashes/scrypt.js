// SPDX-License-Identifier: MPL-2.0
/* global keyFits */
/* exported scrypt */

// What a key of scrypt means, or what finish makes of it. What would take more than 128 MB
// is none.
function scrypt(password, N, r, p, salt, key, finish = (derived) => derived) {
  const derive = require('util').promisify(require('crypto').scrypt);
  const possible = N >= 2 && N <= 2 ** 20 && Math.log2(N) % 1 === 0 && r >= 1 && p >= 1 && N * r <= 2 ** 20 && key.length <= 512;
  const parameters = { N, r, p, maxmem: 2 ** 28 };
  return possible ? keyFits(key, (N * r * p) / 64, async () => finish(await derive(password, salt, key.length, parameters))) : [];
}
