// SPDX-License-Identifier: MPL-2.0
/* global change, orConflict */
/* exported insertUser */
function insertUser(user) {
  return orConflict(change('insert', user));
}
