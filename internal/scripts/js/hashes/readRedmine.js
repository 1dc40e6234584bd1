// SPDX-License-Identifier: MPL-2.0
/* global keyFits */
/* exported readRedmine */

// sha1(salt + sha1(password)) in hexadecimal, the salt being in another column.
function readRedmine(password, stored, salt) {
  const sha1 = (text) => require('crypto').createHash('sha1').update(text).digest();
  const key = Buffer.from(/^[0-9a-f]{40}$/i.test(stored) ? stored : '', 'hex');
  return salt ? keyFits(key, 0, () => sha1(salt + sha1(password).toString('hex'))) : [];
}
