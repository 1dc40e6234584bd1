// SPDX-License-Identifier: MPL-2.0
/* global changeFirst, same */
/* exported markVerified */
async function markVerified(email) {
  return changeFirst((user) => same(user.email, email), (user) => { user.email_verified = true; });
}
