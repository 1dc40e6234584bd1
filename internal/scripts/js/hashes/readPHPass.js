// SPDX-License-Identifier: MPL-2.0
/* global iterated, crypt64Bytes */
/* exported readPHPass */

// $P$<cost><salt><key> of WordPress and phpBB, with MD5, also as $H$, and $S$ of Drupal 7
// with SHA-512, cut off. U before it means that the MD5 of the password was hashed.
function readPHPass(password, stored) {
  const match = /^(U?)\$([PHS])\$([./A-Za-z0-9])([./A-Za-z0-9]{8})([./A-Za-z0-9]{22}|[./A-Za-z0-9]{43})$/.exec(stored);
  if (!match || (match[2] === 'S') !== (match[5].length === 43)) {
    return [];
  }
  const [, upgraded, kind, cost, salt, text] = match;
  const rounds = 2 ** './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.indexOf(cost);
  const secret = upgraded ? require('crypto').createHash('md5').update(password).digest('hex') : password;
  const key = crypt64Bytes(text).subarray(0, kind === 'S' ? 32 : 16);
  return iterated(kind === 'S' ? 'sha512' : 'md5', rounds + 1, salt + secret, secret, key);
}
