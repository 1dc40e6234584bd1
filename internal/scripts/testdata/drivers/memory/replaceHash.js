// SPDX-License-Identifier: MPL-2.0
/* global changeFirst */
/* exported replaceHash */
async function replaceHash(id, oldHash, newHash) {
  return changeFirst((user) => user.id === id && user.password === oldHash, (user) => { user.password = newHash; });
}
