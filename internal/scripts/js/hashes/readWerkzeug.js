// SPDX-License-Identifier: MPL-2.0
/* global pbkdf2, scrypt */
/* exported readWerkzeug */

// pbkdf2:sha256:<iterations>$<salt>$<hex> and scrypt:<N>:<r>:<p>$<salt>$<hex>, the salt being text.
function readWerkzeug(password, stored) {
  const match = /^(?:pbkdf2:(sha1|sha256|sha512)|scrypt):(\d{1,8}(?::\d{1,4}){0,2})\$([^$]+)\$([0-9a-f]+)$/.exec(stored);
  if (!match) {
    return [];
  }
  const [, digest, parameters, salt, hex] = match;
  const [first, r, p] = parameters.split(':').map(Number);
  const key = Buffer.from(hex, 'hex');
  return digest ? pbkdf2(password, digest, first, salt, key) : scrypt(password, first, r, p, salt, key);
}
