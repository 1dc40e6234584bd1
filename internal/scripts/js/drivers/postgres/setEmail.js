// SPDX-License-Identifier: MPL-2.0
/* global change, orConflict */
/* exported setEmail */
function setEmail(email, newEmail, verified) {
  return orConflict(change('set_email', { email, new_email: newEmail, verified }));
}
