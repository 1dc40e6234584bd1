// SPDX-License-Identifier: MPL-2.0
/* global findUsers, changeUser, sameText */
/* exported setUsername */
async function setUsername(username, newUsername) {
  const users = await findUsers(username);
  if (newUsername.includes('@') && !users.every(({ email }) => sameText(email, newUsername))) {
    return 'none';
  }
  return changeUser(users, { username: newUsername });
}
