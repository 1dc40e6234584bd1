// SPDX-License-Identifier: MPL-2.0
/* global settings, ask, isText, readUsers, sameText */
/* exported findUsers */

// An address goes before a user name that looks the same.
async function findUsers(identifier) {
  const values = { identifier };
  values.password = isText(settings.password, 10000) ? settings.password : ' '; // if gets_verdict
  const answer = await ask('find', values);
  const users = readUsers(answer, ({ email, username }) => sameText(email, identifier)
    || (typeof username === 'string' && sameText(username, identifier)));
  const byEmail = users.filter(({ email }) => sameText(email, identifier));
  return byEmail.length > 0 ? byEmail : users;
}
