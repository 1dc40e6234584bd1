// SPDX-License-Identifier: MPL-2.0
/* exported cryptMD5 */

// The key of crypt(3) with MD5, as it is written. Runs in a thread of its own.
function cryptMD5(kind, rounds, salt, password) {
  const md5 = (...parts) => {
    const hash = require('crypto').createHash('md5');
    parts.forEach((part) => hash.update(part));
    return hash.digest();
  };
  const secret = Buffer.from(password);
  const repeated = Buffer.alloc(secret.length, md5(secret, salt, secret));
  const bits = [];
  for (let i = secret.length; i > 0; i >>= 1) {
    bits.push(i & 1 ? Buffer.alloc(1) : secret.subarray(0, 1));
  }
  let key = md5(secret, `$${kind}$`, salt, repeated, ...bits);
  for (let i = 0; i < rounds; i += 1) {
    key = md5(i & 1 ? secret : key, i % 3 ? salt : '', i % 7 ? secret : '', i & 1 ? key : secret);
  }
  const letters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const write = (value, length) => Array.from({ length }, (_, i) => letters[(value >> (6 * i)) & 63]).join('');
  const groups = [0, 1, 2, 3, 4].map((i) => (key[i] << 16) | (key[i + 6] << 8) | key[i === 4 ? 5 : i + 12]);
  return groups.map((value) => write(value, 4)).join('') + write(key[11], 2);
}
