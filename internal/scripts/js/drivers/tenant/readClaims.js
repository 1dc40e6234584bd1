// SPDX-License-Identifier: MPL-2.0
/* global settings, configured, refusal, wrongAnswer */
/* exported readClaims */

// What the other tenant says of who has logged in. The token comes from the tenant itself, so that its signature has nothing to
// add; for whom it is and whose it is are looked at.
function readClaims(text) {
  let claims;
  try {
    claims = JSON.parse(Buffer.from(JSON.parse(text).id_token.split('.')[1], 'base64url').toString());
  } catch {
    throw wrongAnswer('no ID token');
  }
  const { iss, aud, sub } = Object(claims);
  const { url, clientIdKey } = settings.tenant;
  if (typeof sub !== 'string' || iss !== `${url}/` || ![aud].flat().includes(configured(clientIdKey))) {
    throw wrongAnswer('an ID token of another tenant or for another client');
  }
  if (!sub.startsWith('auth0|') || sub.length < 7) {
    throw refusal('This account is linked to another one and cannot be used here. Please contact support.',
      'the user is linked to one of another connection, which has the profile');
  }
  return claims;
}
