// SPDX-License-Identifier: MPL-2.0
/* global ask, readUsers, notForgotten, orNobody */
/* exported findUsersByID */
async function findUsersByID(id) {
  const answer = await orNobody(ask('find_by_id', { id }), { users: [] });
  let users = readUsers(answer, (user) => user.id === id);
  users = notForgotten(users); // if forgets
  return users;
}
