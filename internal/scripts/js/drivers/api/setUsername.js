// SPDX-License-Identifier: MPL-2.0
/* global change */
/* exported setUsername */
function setUsername(username, newUsername) {
  return change('set_username', { username, new_username: newUsername }, 'conflict');
}
