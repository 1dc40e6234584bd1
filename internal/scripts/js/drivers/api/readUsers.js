// SPDX-License-Identifier: MPL-2.0
/* global readUser, wrongAnswer */
/* exported readUsers */

// The users in an answer, as the port has them. Somebody else than was asked for is no answer.
function readUsers(answer, isAsked) {
  let list = answer;
  list = answer.users; // if web_service
  if (!Array.isArray(list)) {
    throw wrongAnswer('no list of users');
  }
  const users = list.map(readUser);
  if (!users.every(isAsked)) {
    throw wrongAnswer('another user than was asked for');
  }
  return users;
}
