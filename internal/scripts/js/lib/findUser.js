// SPDX-License-Identifier: MPL-2.0
/* global findUsers, isIdentifier, oneUser */
/* exported findUser */

// Returns the user with this address or name, or null.
async function findUser(identifier) {
  return isIdentifier(identifier) ? oneUser(await findUsers(identifier)) : null;
}
