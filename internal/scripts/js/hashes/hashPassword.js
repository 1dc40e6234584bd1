// SPDX-License-Identifier: MPL-2.0
/* global settings, isPassword, refusal */
/* exported hashPassword */

// The hash to store for a new password. The versions of bcrypt differ in name
// only; which one is written matters to other programs that read the table.
async function hashPassword(password) {
  if (!isPassword(password)) {
    throw refusal('The password cannot be used: it must be text of at most 72 bytes.');
  }
  const hash = await require('bcrypt').hash(password, settings.bcryptRounds);
  return hash.replace(/^\$2b\$/, () => `$${settings.bcryptPrefix}$`);
}
