// SPDX-License-Identifier: MPL-2.0
/* global ask, readUsers, orNobody */
/* exported findUsersByID */
async function findUsersByID(id) {
  const answer = await orNobody(ask('find_by_id', { id }), { users: [] });
  return readUsers(answer, (user) => user.id === id);
}
