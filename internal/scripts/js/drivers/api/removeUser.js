// SPDX-License-Identifier: MPL-2.0
/* global change, orNobody */
/* exported removeUser */
function removeUser(id) {
  return orNobody(change('delete', { id }), 'none');
}
