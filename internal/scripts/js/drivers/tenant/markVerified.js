// SPDX-License-Identifier: MPL-2.0
/* global usersByEmail, changeUser */
/* exported markVerified */
async function markVerified(email) {
  return changeUser(await usersByEmail(email), { email_verified: true });
}
