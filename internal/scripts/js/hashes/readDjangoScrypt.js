// SPDX-License-Identifier: MPL-2.0
/* global scrypt */
/* exported readDjangoScrypt */

// scrypt$<salt>$<N>$<r>$<p>$<base64>, the salt being text.
function readDjangoScrypt(password, stored) {
  const match = /^scrypt\$(\d{1,8})\$([^$]+)\$(\d{1,4})\$(\d{1,4})\$([A-Za-z0-9+/]+={0,2})$/.exec(stored);
  const [N, r, p] = match ? [match[1], match[3], match[4]].map(Number) : [];
  return match ? scrypt(password, N, r, p, match[2], Buffer.from(match[5], 'base64')) : [];
}
