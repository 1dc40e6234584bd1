// SPDX-License-Identifier: MPL-2.0
/* global users */
/* exported findUsersByID */
async function findUsersByID(id) {
  return users().filter((user) => user.id === id);
}
