// SPDX-License-Identifier: MPL-2.0
/* global usersByEmail, changeUser */
/* exported setPassword */
async function setPassword(email, password) {
  return changeUser(await usersByEmail(email), { password });
}
