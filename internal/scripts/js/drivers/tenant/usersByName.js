// SPDX-License-Identifier: MPL-2.0
/* global settings, manage, readUsers, sameText */
/* exported usersByName */

// The connection's users with a user name, by a search: the only way there is, and some seconds behind.
async function usersByName(name) {
  const quoted = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const { connection, fields } = settings.tenant;
  const query = encodeURIComponent(`username:${quoted(name)} AND identities.connection:${quoted(connection)}`);
  const list = await manage('GET', `users?search_engine=v3&per_page=3&q=${query}&fields=${fields}`);
  return readUsers(list, (user) => sameText(user.username || '', name));
}
