// SPDX-License-Identifier: MPL-2.0
/* exported userPath */

// Where the Management API has a user.
function userPath(id) {
  return `users/${encodeURIComponent(`auth0|${id}`)}`;
}
