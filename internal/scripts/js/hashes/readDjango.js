// SPDX-License-Identifier: MPL-2.0
/* global pbkdf2 */
/* exported readDjango */

// pbkdf2_sha256$<iterations>$<salt>$<base64>, the salt being text.
function readDjango(password, stored) {
  const match = /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,8})\$([^$]+)\$([A-Za-z0-9+/]+={0,2})$/.exec(stored);
  return match ? pbkdf2(password, match[1], Number(match[2]), match[3], Buffer.from(match[4], 'base64')) : [];
}
