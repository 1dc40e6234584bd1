// SPDX-License-Identifier: MPL-2.0
/* global users, same */
/* exported findUsers */
async function findUsers(identifier) {
  const found = users().filter((user) => same(user.email, identifier));
  return found.length > 0 ? found : users().filter((user) => same(user.username, identifier));
}
