// SPDX-License-Identifier: MPL-2.0
/* exported crypt64Bytes */

// The first bytes of crypt's base64, which has its own letters and the lowest bits first.
function crypt64Bytes(text, length) {
  const letters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const number = [...text].reduceRight((high, letter) => high * 64n + BigInt(letters.indexOf(letter)), 0n);
  return Buffer.from(BigInt.asUintN(8 * length, number).toString(16).padStart(2 * length, '0'), 'hex').reverse();
}
