// SPDX-License-Identifier: MPL-2.0
/* global usersByEmail, changeUser, sameText */
/* exported setEmail */

// The other tenant sends nobody a mail: this one does.
async function setEmail(email, newEmail, verified) {
  const values = { email_verified: verified };
  if (!sameText(email, newEmail)) {
    Object.assign(values, { email: newEmail, verify_email: false });
  }
  return changeUser(await usersByEmail(email), values);
}
