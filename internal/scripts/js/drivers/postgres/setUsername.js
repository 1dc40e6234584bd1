// SPDX-License-Identifier: MPL-2.0
/* global change, orConflict */
/* exported setUsername */
function setUsername(username, newUsername) {
  return orConflict(change('set_username', { username, new_username: newUsername }));
}
