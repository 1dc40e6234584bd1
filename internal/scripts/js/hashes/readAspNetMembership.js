// SPDX-License-Identifier: MPL-2.0
/* global keyFits */
/* exported readAspNetMembership */

// ASP.NET's SqlMembershipProvider (SHA-1 of salt and password) and the Universal Providers
// (HMAC-SHA256 whose key is the salt again and again), in base64, the salt being base64
// in another column and the password UTF-16.
function readAspNetMembership(password, stored, salt) {
  const { createHash, createHmac } = require('crypto');
  const [key, start] = [stored, salt].map((text) => Buffer.from(/^[A-Za-z0-9+/]+={0,2}$/.test(text) ? text : '', 'base64'));
  const text = Buffer.from(password, 'utf16le');
  if (start.length === 0 || ![20, 32].includes(key.length)) {
    return [];
  }
  const digest = key.length === 20 ? 'sha1' : 'sha256';
  return [
    ...keyFits(key, 0, () => createHash(digest).update(start).update(text).digest()),
    ...keyFits(key, 0, () => createHmac(digest, Buffer.alloc(64, start)).update(text).digest()),
  ];
}
