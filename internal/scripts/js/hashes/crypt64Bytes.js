// SPDX-License-Identifier: MPL-2.0
/* exported crypt64Bytes */

// The bytes of crypt's base64, which has its own letters and the lowest bits first.
function crypt64Bytes(text) {
  const letters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const bytes = Buffer.alloc(Math.floor((text.length * 6) / 8));
  Array.from(text).forEach((letter, i) => {
    const bits = letters.indexOf(letter) << ((i * 6) % 8);
    const at = Math.floor((i * 6) / 8);
    bytes[at] |= bits & 255;
    if (at + 1 < bytes.length) {
      bytes[at + 1] |= bits >> 8;
    }
  });
  return bytes;
}
