// SPDX-License-Identifier: MPL-2.0
/* exported statements */

// The SQL of this script. Where it says $1, $2 and so on, the values have these names.
function statements() {
  return {};
}
