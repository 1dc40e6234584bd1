// SPDX-License-Identifier: MPL-2.0
/* exported hashPassword */

// The password itself: the API hashes it.
function hashPassword(password) {
  return password;
}
