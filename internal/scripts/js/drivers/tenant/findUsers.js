// SPDX-License-Identifier: MPL-2.0
/* global logIn, usersByEmail, usersByName */
/* exported findUsers */

// Login asks for nobody whom the other tenant does not let in.
async function findUsers(identifier) {
  let users = [];
  users = await logIn(identifier); // if logs_in
  // if looks_up:
  if (identifier.includes('@')) {
    users = await usersByEmail(identifier);
  }
  // end
  // if looks_up_names:
  if (!identifier.includes('@')) {
    users = await usersByName(identifier);
  }
  // end
  return users;
}
