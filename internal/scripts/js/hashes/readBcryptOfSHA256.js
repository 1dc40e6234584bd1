// SPDX-License-Identifier: MPL-2.0
/* global readBcrypt */
/* exported readBcryptOfSHA256 */

// bcrypt of the hexadecimal SHA-256 of the password, as Meteor has it.
function readBcryptOfSHA256(password, stored) {
  return readBcrypt(require('crypto').createHash('sha256').update(password).digest('hex'), stored);
}
