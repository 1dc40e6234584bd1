// SPDX-License-Identifier: MPL-2.0
/* global isText, readParts, readText, wrongAnswer */
/* exported readUser */

// A user of an answer as the port has it, put together from the parts that the store has.
function readUser(given) {
  let { id } = Object(given);
  id = Object(given).user_id; // if web_service
  if (!isText(id, 1024) || !isText(given.email, 2048)) {
    throw wrongAnswer('a user without an id and an address as text');
  }
  const user = { ...readParts(given), id, email: given.email, migrated_ago: given.migrated_ago };
  // if gets_hash:
  user.password = readText(given, 'password'); // if rpc
  user.password = readText(given, 'password_hash'); // if web_service
  user.password_salt = readText(given, 'password_salt');
  // end
  // if gets_verdict:
  if (typeof given.password_matches !== 'boolean') {
    throw wrongAnswer('neither true nor false as password_matches');
  }
  user.password_matches = given.password_matches;
  // end
  return user;
}
