// SPDX-License-Identifier: MPL-2.0
/* global settings, isText, readParts, readText, refusal, wrongAnswer */
/* exported readUser */

// A user of the other tenant as the port has it, or null for one of another connection. The id is that of the connection's
// identity: Auth0 puts the prefix auth0| in front of it again.
function readUser(given) {
  const { user_id: userID, identities } = Object(given);
  if (!isText(userID, 1024) || !Array.isArray(identities)) {
    throw wrongAnswer('a user without a user_id as text and identities');
  }
  const own = identities.find((identity) => identity?.connection === settings.tenant.connection && identity.provider === 'auth0');
  if (!own) {
    console.error(`auth0pg ${settings.operation}: a user of another connection of the tenant is left out`);
    return null;
  }
  if (userID !== `auth0|${own.user_id}`) {
    throw refusal('This account is linked to another one and cannot be used here. Please contact support.',
      'the user is linked to one of another connection, which has the profile');
  }
  if (!isText(given.email, 2048)) {
    throw wrongAnswer('a user without an address as text');
  }
  const user = { id: userID.slice(6), email: given.email };
  user.username = readText(given, 'username'); // if renames
  // if profiles:
  const never = { email_verified: false, phone_verified: false, blocked: false }; // is left out
  Object.assign(user, readParts({ ...never, ...given }));
  // end
  return user;
}
