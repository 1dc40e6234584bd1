// SPDX-License-Identifier: MPL-2.0
/* exported sameText */

// Whether two texts differ in nothing but the case of letters.
function sameText(a, b) {
  return a.toLowerCase() === b.toLowerCase();
}
