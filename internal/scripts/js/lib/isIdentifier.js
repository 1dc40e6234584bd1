// SPDX-License-Identifier: MPL-2.0
/* global isText, isEmail */
/* exported isIdentifier */

// Whether the value can be what a user types to log in: an address or a user name.
function isIdentifier(value) {
  return isText(value, 320) && (!value.includes('@') || isEmail(value));
}
