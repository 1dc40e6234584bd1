// SPDX-License-Identifier: MPL-2.0
/* exported same */
function same(a, b) {
  return typeof a === 'string' && a.toLowerCase() === b.toLowerCase();
}
