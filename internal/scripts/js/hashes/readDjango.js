// SPDX-License-Identifier: MPL-2.0
/* global pbkdf2 */
/* exported readDjango */

// pbkdf2_sha256$<iterations>$<salt>$<base64>, the salt being text.
function readDjango(stored) {
  const match = /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,8})\$([^$]+)\$([A-Za-z0-9+/]+={0,2})$/.exec(stored);
  if (!match) {
    return [];
  }
  const [, digest, iterations, salt, key] = match;
  return [pbkdf2(digest, Number(iterations), Buffer.from(salt), Buffer.from(key, 'base64'))];
}
