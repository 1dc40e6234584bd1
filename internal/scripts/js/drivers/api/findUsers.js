// SPDX-License-Identifier: MPL-2.0
/* global settings, ask, isText, readUsers, notForgotten, sameText */
/* exported findUsers */

// An address goes before a user name that looks the same, also that of somebody who is forgotten.
async function findUsers(identifier) {
  const values = { identifier };
  values.password = isText(settings.password, 10000) ? settings.password : ' '; // if gets_verdict
  const answer = await ask('find', values);
  let users = readUsers(answer, ({ email, username }) => sameText(email, identifier)
    || (typeof username === 'string' && sameText(username, identifier)));
  const byEmail = users.filter(({ email }) => sameText(email, identifier));
  users = byEmail.length > 0 ? byEmail : users;
  users = notForgotten(users); // if forgets
  return users;
}
