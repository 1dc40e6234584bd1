// SPDX-License-Identifier: MPL-2.0
/* global settings, configured, exchange, insist, isText, loginRefused, readUsers, readClaims, findUsersByID, refusal, sameText */
/* exported logIn */

// The user whom the other tenant lets in with the password, or nobody. Attempts count there, so that one that may have arrived
// is not sent again, nor one of an account that is locked.
async function logIn(identifier) {
  if (!isText(settings.password, 10000)) {
    return [];
  }
  settings.began ||= Date.now();
  const until = settings.began + 7000;
  const { url, connection, clientIdKey, clientSecretKey } = settings.tenant;
  let scope = 'openid';
  scope = 'openid profile email'; // if token_profile
  const body = JSON.stringify({
    grant_type: 'http://auth0.com/oauth/grant-type/password-realm', realm: connection, username: identifier,
    password: settings.password, client_id: configured(clientIdKey), client_secret: configured(clientSecretKey), scope,
  });
  const answer = await insist(until, false, async () => {
    const given = await exchange('POST', `${url}/oauth/token`, {}, body, until);
    return given.text?.includes('too_many_attempts') ? { ...given, after: NaN } : given;
  });
  if (answer.status !== 200) {
    return loginRefused(answer);
  }
  const claims = readClaims(answer.text);
  const id = claims.sub.slice(6);
  let users;
  const identities = [{ connection, provider: 'auth0', user_id: id }]; // if token_profile
  // if token_profile:
  users = readUsers([{ ...claims, user_id: claims.sub, identities }], () => true);
  // The address of another identity, to which this one is linked.
  if (identifier.includes('@') && !sameText(users[0].email, identifier)) {
    users = [];
  }
  // end
  // if whole_profile:
  users = await findUsersByID(id);
  // Only what the store has of a user can tell that it is another one.
  const names = identifier.includes('@') ? ['email'] : ['username', 'phone_number'];
  const isNamed = (user) => names.some((name) => !settings.parts.includes(name) || sameText(user[name] || '', identifier))
    || (settings.parts.includes('username') && sameText(user.username || '', identifier)); // which may look like an address
  if (!users.every(isNamed)) {
    users = [];
  }
  // end
  if (users.length === 0) {
    throw refusal('This account is linked to another one and cannot be used here. Please contact support.',
      'who logged in is not a user of the connection alone');
  }
  return users.map((user) => ({ ...user, password_matches: true }));
}
