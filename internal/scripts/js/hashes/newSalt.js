// SPDX-License-Identifier: MPL-2.0
/* exported newSalt */

// A salt of letters and digits, with 120 bits of chance.
function newSalt() {
  return require('crypto').randomBytes(15).toString('base64').replace(/[+/]/g, (letter) => (letter === '+' ? 'a' : 'b'));
}
