// SPDX-License-Identifier: MPL-2.0
/* global keyFits */
/* exported readLDAP */

// {SSHA}<base64 of digest and salt>, and {SHA} without a salt; also with 256, 384 or
// 512 bits, and {SMD5} and {MD5}.
function readLDAP(password, stored) {
  const match = /^\{S?(SHA|MD5)-?(256|384|512)?\}([A-Za-z0-9+/]+={0,2})$/i.exec(stored);
  if (!match) {
    return [];
  }
  const [digest, length] = /md5/i.test(match[1]) ? ['md5', 16] : [`sha${match[2] || 1}`, match[2] / 8 || 20];
  const bytes = Buffer.from(match[3], 'base64');
  const derive = () => require('crypto').createHash(digest).update(password).update(bytes.subarray(length)).digest();
  return bytes.length < length ? [] : keyFits(bytes.subarray(0, length), 0, derive);
}
