// SPDX-License-Identifier: MPL-2.0
/* global readBcrypt */
/* exported readBcryptSHA256 */

// bcrypt_sha256$$2b$<cost>$<salt and key> of Django, for the hexadecimal SHA-256 of the
// password; $bcrypt-sha256$v=2,t=2b,r=<cost>$<salt>$<key> of passlib, for an HMAC
// with the salt, and before that $bcrypt-sha256$2b,<cost>$<salt>$<key> for a SHA-256.
function readBcryptSHA256(password, stored) {
  const { createHash, createHmac } = require('crypto');
  const django = /^bcrypt_sha256\$(\$.+)$/.exec(stored);
  const passlib = /^\$bcrypt-sha256\$(?:(v=2),t=)?(2[ab]),(?:r=)?(\d\d?)\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/.exec(stored);
  if (passlib) {
    const [, keyed, version, cost, salt, key] = passlib;
    const hash = keyed ? createHmac('sha256', salt) : createHash('sha256');
    return readBcrypt(hash.update(password).digest('base64'), `$${version}$${cost.padStart(2, '0')}$${salt}${key}`);
  }
  return django ? readBcrypt(createHash('sha256').update(password).digest('hex'), django[1]) : [];
}
