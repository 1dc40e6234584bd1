// SPDX-License-Identifier: MPL-2.0
/* global query, fromUserId, oneUser */
/* exported findUserByID */

// Returns the row of the user that Auth0 knows by this id, or null.
async function findUserByID(userId) {
  const id = fromUserId(userId);
  if (id === null) {
    return null;
  }
  const { rows } = await query('find_by_id', { id });
  return oneUser(rows);
}
