// SPDX-License-Identifier: MPL-2.0
/* global refusal */
/* exported oneUser */

// The only user, or null when there is none. Several are refused: which of them
// was meant cannot be known.
function oneUser(users) {
  if (users.length > 1) {
    throw refusal('Several accounts share this address. Please contact support.',
      `${users.length} users or more for one address, user name or id`);
  }
  return users.length === 1 ? users[0] : null;
}
