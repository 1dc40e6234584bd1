// SPDX-License-Identifier: MPL-2.0
/* global change */
/* exported markVerified */
function markVerified(email) {
  return change('mark_verified', { email });
}
