// SPDX-License-Identifier: MPL-2.0
/* global readBcrypt, bcryptPrefix */
/* exported readBcryptPrefixed */

// bcrypt behind what a program puts before it.
function readBcryptPrefixed(password, stored, salt, format) {
  const prefix = bcryptPrefix(format);
  return stored.startsWith(prefix) ? readBcrypt(password, stored.slice(prefix.length)) : [];
}
