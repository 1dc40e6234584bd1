// SPDX-License-Identifier: MPL-2.0
/* global settings, readBcrypt, secret */
/* exported readBcryptPepper */

// bcrypt of the password with a pepper after it, as Devise has it.
function readBcryptPepper(password, stored) {
  return readBcrypt(password + secret(settings.pepperKey), stored);
}
