// SPDX-License-Identifier: MPL-2.0
/* global settings, newKey */
/* exported writePBKDF2 */
async function writePBKDF2(password) {
  const salt = require('crypto').randomBytes(16);
  const [start, end] = [salt, await newKey(password, 'sha256', salt)].map((bytes) => bytes.toString('base64').replace(/=/g, ''));
  if (settings.passwordHash === 'passlib_pbkdf2') {
    return `$pbkdf2-sha256$${settings.iterations}$${start}$${end}`.replace(/\+/g, '.');
  }
  return `$pbkdf2-sha256$i=${settings.iterations},l=32$${start}$${end}`;
}
