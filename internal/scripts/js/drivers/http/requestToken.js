// SPDX-License-Identifier: MPL-2.0
/* global settings, exchange, insist, describeAnswer */
/* exported requestToken */

// Asks the tenant for a token, and notes until when it serves. A tenant that gives none is let alone for a second, or for as long
// as it says, up to a minute.
async function requestToken(shared, id, secret) {
  const { url, audience, scope } = settings.token;
  const began = Date.now();
  const until = began + 4000;
  const body = JSON.stringify({ grant_type: 'client_credentials', client_id: id, client_secret: secret, audience, scope });
  const answer = await insist(until, true, () => exchange('POST', url, {}, body, until));
  let given = {};
  try {
    given = JSON.parse(answer.text) || given;
  } catch {
    // Told below.
  }
  const { access_token: token, expires_in: seconds } = given;
  if (answer.status !== 200 || !/^[\w.~+/-]+=*$/.test(token) || typeof token !== 'string' || !(seconds > 0)) {
    const cause = answer.status === 200 ? 'token: an answer without a token and its lifetime' : describeAnswer('token', answer);
    shared.notBefore = Date.now() + Math.min(Math.max(answer.after || 0, 1000), 60000);
    shared.failure = { kind: answer.code === 'late' ? 'late' : 'unavailable', cause };
    throw shared.failure;
  }
  shared.token = token;
  shared.ends = began + (seconds - Math.min(seconds / 20, 10)) * 1000;
  shared.renews = began + (seconds - Math.min(seconds / 10, 300)) * 1000;
  return token;
}
