// SPDX-License-Identifier: MPL-2.0
/* global findUsersByID, fromUserId, oneUser */
/* exported findUserByID */

// Returns the user that Auth0 knows by this id, or null.
async function findUserByID(userId) {
  const id = fromUserId(userId);
  return id === null ? null : oneUser(await findUsersByID(id));
}
