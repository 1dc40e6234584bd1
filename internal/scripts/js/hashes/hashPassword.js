// SPDX-License-Identifier: MPL-2.0
/* global settings, inTurn */
/* exported hashPassword */

// The hash to store for a new password.
function hashPassword(password) {
  const write = null;
  return inTurn(settings.hashWork, () => write(password));
}
