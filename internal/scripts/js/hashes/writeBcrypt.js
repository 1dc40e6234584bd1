// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported writeBcrypt */

// The versions of bcrypt differ in name only; which one is written matters to other
// programs that read the table.
async function writeBcrypt(password) {
  const hash = await require('bcrypt').hash(password, settings.bcryptRounds);
  return hash.replace('$2b', () => `$${settings.bcryptPrefix}`);
}
