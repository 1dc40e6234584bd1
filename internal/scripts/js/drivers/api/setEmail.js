// SPDX-License-Identifier: MPL-2.0
/* global change */
/* exported setEmail */
function setEmail(email, newEmail, verified) {
  return change('set_email', { email, new_email: newEmail, verified }, 'conflict');
}
