// SPDX-License-Identifier: MPL-2.0
/* global change */
/* exported recordLogin */
function recordLogin(id) {
  return change('record', { id });
}
