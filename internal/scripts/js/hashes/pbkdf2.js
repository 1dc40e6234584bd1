// SPDX-License-Identifier: MPL-2.0
/* global keyFits, byModule */
/* exported pbkdf2 */

// What a key of PBKDF2 means.
function pbkdf2(password, digest, iterations, salt, key) {
  const blocks = Math.ceil(key.length / 20); // each is derived on its own, of 20 bytes with SHA-1 and more with others
  const work = (iterations * blocks) / 128;
  const compute = () => byModule(work, 'crypto', 'pbkdf2', password, salt, iterations, key.length, digest);
  return iterations >= 1 ? keyFits(key, work, compute) : [];
}
