// SPDX-License-Identifier: MPL-2.0
/* global change */
/* exported setPassword */
function setPassword(email, hash) {
  return change('set_password', { email, password: hash });
}
