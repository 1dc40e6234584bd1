// SPDX-License-Identifier: MPL-2.0
/* global changeFirst */
/* exported recordLogin */
async function recordLogin(id) {
  return changeFirst((user) => user.id === id, (user) => { user.last_login = new Date(); });
}
