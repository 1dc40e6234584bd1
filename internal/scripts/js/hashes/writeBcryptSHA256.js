// SPDX-License-Identifier: MPL-2.0
/* global writeBcrypt */
/* exported writeBcryptSHA256 */
async function writeBcryptSHA256(password) {
  return `bcrypt_sha256$${await writeBcrypt(require('crypto').createHash('sha256').update(password).digest('hex'))}`;
}
