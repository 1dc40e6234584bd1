// SPDX-License-Identifier: MPL-2.0
/* global iterated, crypt64Bytes */
/* exported readPHPass */

// $P$<cost><salt><key> of WordPress and phpBB, with MD5, also as $H$, and $S$ of Drupal 7
// with SHA-512, cut off. U before it means that the MD5 of the password was hashed.
function readPHPass(password, stored) {
  const match = /^(U?)\$(?:[PH]|(S))\$([./A-Za-z0-9])([./A-Za-z0-9]{8})([./A-Za-z0-9]{22}|[./A-Za-z0-9]{43})$/.exec(stored);
  if (!match || !match[2] !== (match[5].length === 22)) {
    return [];
  }
  const [, upgraded, drupal, cost, salt, key] = match;
  const secret = upgraded ? require('crypto').createHash('md5').update(password).digest('hex') : password;
  const rounds = 2 ** crypt64Bytes(cost, 1)[0] + 1;
  return iterated(drupal ? 'sha512' : 'md5', rounds, salt + secret, secret, crypt64Bytes(key, drupal ? 32 : 16));
}
