// SPDX-License-Identifier: MPL-2.0
/* global change, fitsID */
/* exported removeUser */
async function removeUser(id) {
  return fitsID(id) ? change('delete', { id }) : 'none';
}
