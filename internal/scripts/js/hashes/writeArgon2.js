// SPDX-License-Identifier: MPL-2.0
/* global settings, argon2 */
/* exported writeArgon2 */
async function writeArgon2(password) {
  const { hashWork, argon2Memory, argon2Passes } = settings;
  const salt = require('crypto').randomBytes(16);
  const key = await argon2(hashWork, 2, 19, argon2Memory, argon2Passes, 1, salt, 32, password);
  const [start, end] = [salt, key].map((bytes) => bytes.toString('base64').replace(/=/g, ''));
  return `$argon2id$v=19$m=${argon2Memory},t=${argon2Passes},p=1$${start}$${end}`;
}
