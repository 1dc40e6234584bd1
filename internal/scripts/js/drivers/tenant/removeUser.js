// SPDX-License-Identifier: MPL-2.0
/* global findUsersByID, manage, userPath, wrongAnswer */
/* exported removeUser */

// Looked at first: an id does not tell of which of the tenant's connections the user is.
async function removeUser(id) {
  if ((await findUsersByID(id)).length === 0) {
    return 'none';
  }
  if (await manage('DELETE', userPath(id)) !== null) {
    throw wrongAnswer('something in it, where a user is gone');
  }
  return 'changed';
}
