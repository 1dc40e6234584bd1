// SPDX-License-Identifier: MPL-2.0
/* global settings, manage, readUsers, sameText */
/* exported usersByEmail */

// The connection's users with an address, without the delay of a search. The tenant keeps addresses in lower case, and what it
// does not take for one nobody has.
async function usersByEmail(email) {
  let list = [];
  try {
    const address = encodeURIComponent(email.toLowerCase());
    list = await manage('GET', `users-by-email?email=${address}&fields=${settings.tenant.fields}`);
  } catch (error) {
    if (error.status !== 400) {
      throw error;
    }
  }
  return readUsers(list, (user) => sameText(user.email, email));
}
