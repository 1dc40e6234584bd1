// SPDX-License-Identifier: MPL-2.0
/* global readUser, wrongAnswer */
/* exported readUsers */

// The connection's users in a list, as the port has them. Somebody else than was asked for is no answer.
function readUsers(list, isAsked) {
  if (!Array.isArray(list)) {
    throw wrongAnswer('no list of users');
  }
  const users = list.map(readUser).filter((user) => user !== null);
  if (!users.every(isAsked)) {
    throw wrongAnswer('another user than was asked for');
  }
  return users;
}
