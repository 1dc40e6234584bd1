// SPDX-License-Identifier: MPL-2.0
/* global changeFirst, users, same */
/* exported setUsername */
async function setUsername(username, newUsername) {
  const isMeant = (user) => same(user.email, username) || same(user.username, username);
  if (users().some((user) => same(user.username, newUsername) && !isMeant(user))) {
    return 'conflict';
  }
  const isTheirs = (user) => !newUsername.includes('@') || same(user.email, newUsername);
  return changeFirst((user) => isMeant(user) && isTheirs(user), (user) => { user.username = newUsername; });
}
