// SPDX-License-Identifier: MPL-2.0
/* exported cryptSHA */

// The key of crypt(3) with SHA-256 (kind 5) or SHA-512, as it is written. Runs in a thread
// of its own.
function cryptSHA(kind, rounds, salt, password) {
  const [digest, third] = kind === '5' ? ['sha256', 10] : ['sha512', 21];
  const sha = (...parts) => {
    const hash = require('crypto').createHash(digest);
    parts.forEach((part) => hash.update(part));
    return hash.digest();
  };
  const secret = Buffer.from(password);
  const seed = Buffer.from(salt);
  const other = sha(secret, seed, secret);
  const bits = [];
  for (let i = secret.length; i > 0; i >>= 1) {
    bits.push(i & 1 ? other : secret);
  }
  let key = sha(secret, seed, Buffer.alloc(secret.length, other), ...bits);
  const fromSecret = Buffer.alloc(secret.length, sha(...Array(secret.length).fill(secret)));
  const fromSalt = Buffer.alloc(seed.length, sha(...Array(16 + key[0]).fill(seed)));
  for (let i = 0; i < rounds; i += 1) {
    key = sha(i & 1 ? fromSecret : key, i % 3 ? fromSalt : '', i % 7 ? fromSecret : '', i & 1 ? key : fromSecret);
  }
  const letters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const write = (value, length) => Array.from({ length }, (_, i) => letters[(value >> (6 * i)) & 63]).join('');
  let text = '';
  for (let i = 0; i < third; i += 1) {
    const turn = kind === '5' ? 2 * i : i; // the three are taken in turns, in another direction each
    const [a, b, c] = [0, 1, 2].map((n) => key[i + third * ((n + turn) % 3)]);
    text += write((a << 16) | (b << 8) | c, 4);
  }
  return text + (kind === '5' ? write((key[31] << 8) | key[30], 3) : write(key[63], 2));
}
