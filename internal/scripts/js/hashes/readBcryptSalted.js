// SPDX-License-Identifier: MPL-2.0
/* global readBcrypt */
/* exported readBcryptSalted */

// bcrypt of the password with a salt of another column before it, as Metabase has it.
function readBcryptSalted(password, stored, salt) {
  return salt ? readBcrypt(salt + password, stored) : [];
}
