// SPDX-License-Identifier: MPL-2.0
/* global keyFits, byModule */
/* exported scrypt */

// What a key of scrypt means, or what finish makes of it. What would take more than 128 MB
// is none.
function scrypt(password, N, r, p, salt, key, finish = (derived) => derived) {
  const work = (N * r * p) / 64;
  const possible = N >= 2 && N <= 2 ** 20 && Math.log2(N) % 1 === 0 && r >= 1 && p >= 1 && N * r <= 2 ** 20 && key.length <= 512;
  const parameters = { N, r, p, maxmem: 2 ** 28 };
  const compute = async () => finish(await byModule(work, 'crypto', 'scrypt', password, salt, key.length, parameters));
  return possible ? keyFits(key, work, compute) : [];
}
