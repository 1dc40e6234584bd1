// SPDX-License-Identifier: MPL-2.0
/* global users, same */
/* exported insertUser */
async function insertUser(user) {
  if (users().some((other) => same(other.email, user.email) || same(other.username, user.username || ''))) {
    return 'conflict';
  }
  const number = users().reduce((last, other) => Math.max(last, Number(other.id)), 0) + 1;
  users().push({
    ...user, id: String(number), email: user.email.toLowerCase(), email_verified: false, phone_verified: false, blocked: false,
  });
  return 'changed';
}
