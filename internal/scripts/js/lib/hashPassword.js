// SPDX-License-Identifier: MPL-2.0
/* global settings, isPassword, refusal */
/* exported hashPassword */

// The hash to store for a new password.
async function hashPassword(password) {
  if (!isPassword(password)) {
    throw refusal('The password cannot be used: it must be text of at most 72 bytes.');
  }
  return require('bcrypt').hash(password, settings.bcryptRounds);
}
