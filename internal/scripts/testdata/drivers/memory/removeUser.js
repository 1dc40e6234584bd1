// SPDX-License-Identifier: MPL-2.0
/* global users */
/* exported removeUser */
async function removeUser(id) {
  const at = users().findIndex((user) => user.id === id);
  return at >= 0 && users().splice(at, 1) ? 'changed' : 'none';
}
