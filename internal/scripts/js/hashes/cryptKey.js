// SPDX-License-Identifier: MPL-2.0
/* exported cryptKey */

// The key as written. Runs in a thread of its own.
function cryptKey(kind, rounds, salt, secret) {
  // The digest, and in which order its bytes are written, the last first: three that are so
  // far apart, which of them comes first, and before them what is left.
  const [digest, far, turn, order] =
    { 5: ['sha256', 10, 2, [31, 30]], 6: ['sha512', 21, 1, [63]] }[kind] || ['md5', 6, 0, [11]];
  const hash = (...parts) => parts.reduce((all, part) => all.update(part), require('crypto').createHash(digest)).digest();
  const other = hash(secret, salt, secret);
  const byBit = turn ? [secret, other] : [secret.subarray(0, 1), '\0'];
  const bits = [...secret.length.toString(2)].reverse().map((bit) => byBit[bit]);
  let key = hash(secret, turn ? '' : `$${kind}$`, salt, Buffer.alloc(secret.length, other), ...bits);
  if (turn) {
    secret = Buffer.alloc(secret.length, hash(...Array(secret.length).fill(secret)));
    salt = Buffer.alloc(salt.length, hash(...Array(16 + key[0]).fill(salt)));
  }
  for (let i = 0; i < rounds; i += 1) {
    key = hash(i & 1 ? secret : key, i % 3 ? salt : '', i % 7 ? secret : '', i & 1 ? key : secret);
  }
  for (let i = Math.floor(key.length / 3) - 1; i >= 0; i -= 1) {
    order.push(...[0, 1, 2].map((n) => i + far * ((n + turn * i) % 3)));
  }
  // MD5 has no 17th byte: the 6th stands for it.
  let number = order.reduce((high, n) => high * 256n + BigInt(key[n] ?? key[5]), 0n);
  let text = '';
  for (; text.length < (key.length * 4) / 3; number /= 64n) {
    text += './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'[number % 64n];
  }
  return Buffer.from(text);
}
