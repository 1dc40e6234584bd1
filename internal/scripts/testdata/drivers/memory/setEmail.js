// SPDX-License-Identifier: MPL-2.0
/* global changeFirst, users, same */
/* exported setEmail */
async function setEmail(email, newEmail, verified) {
  if (users().some((user) => same(user.email, newEmail) && !same(user.email, email))) {
    return 'conflict';
  }
  return changeFirst((user) => same(user.email, email), (user) => {
    user.email = newEmail.toLowerCase();
    user.email_verified = verified;
  });
}
