// SPDX-License-Identifier: MPL-2.0
/* global changeFirst, same */
/* exported setPassword */
async function setPassword(email, hash) {
  return changeFirst((user) => same(user.email, email), (user) => { user.password = hash; });
}
