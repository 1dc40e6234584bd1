// SPDX-License-Identifier: MPL-2.0
/* global change */
/* exported replaceHash */
function replaceHash(id, oldHash, newHash) {
  return change('rehash', { id, old_password: oldHash, password: newHash });
}
