// SPDX-License-Identifier: MPL-2.0
/* global isText */
/* exported isEmail */

// Whether the value can be someone's address. Letters outside ASCII that become
// ASCII in lower case, such as the Kelvin sign, are refused: they would make one
// address pass for another.
function isEmail(value) {
  return isText(value, 320)
    && value.includes('@')
    && !Array.from(value).some((letter) => letter > '\x7f' && letter.toLowerCase() < '\x80');
}
