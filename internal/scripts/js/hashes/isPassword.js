// SPDX-License-Identifier: MPL-2.0
/* global isText */
/* exported isPassword */

// Whether bcrypt can tell this password from every other. It ignores all after 72
// bytes, so a longer one would be as good as its beginning.
function isPassword(value) {
  return isText(value, 72) && Buffer.byteLength(value) <= 72;
}
