// SPDX-License-Identifier: MPL-2.0
/* global findUsersByID, manage, userPath */
/* exported removeUser */

// Looked at first: an id does not tell of which of the tenant's connections the user is.
async function removeUser(id) {
  if ((await findUsersByID(id)).length === 0) {
    return 'none';
  }
  await manage('DELETE', userPath(id));
  return 'changed';
}
