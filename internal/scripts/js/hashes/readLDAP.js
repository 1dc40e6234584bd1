// SPDX-License-Identifier: MPL-2.0
/* exported readLDAP */

// {SSHA}<base64 of digest and salt>, and {SHA} without a salt; also with 256, 384 or 512 bits.
function readLDAP(stored) {
  const match = /^\{S?SHA(256|384|512)?\}([A-Za-z0-9+/]+={0,2})$/i.exec(stored);
  if (!match) {
    return [];
  }
  const digest = match[1] ? `sha${match[1]}` : 'sha1';
  const length = match[1] ? Number(match[1]) / 8 : 20;
  const bytes = Buffer.from(match[2], 'base64');
  const salt = bytes.subarray(length);
  return bytes.length < length ? [] : [{
    key: bytes.subarray(0, length),
    derive: (password) => require('crypto').createHash(digest).update(password).update(salt).digest(),
  }];
}
