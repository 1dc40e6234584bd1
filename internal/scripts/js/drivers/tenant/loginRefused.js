// SPDX-License-Identifier: MPL-2.0
/* global settings, describeAnswer */
/* exported loginRefused */

// What the other tenant says of a login that it refuses: nobody, where the address or the password is wrong, or an error. What
// it asks for besides, a script cannot answer.
function loginRefused(answer) {
  let error;
  try {
    ({ error } = JSON.parse(answer.text));
  } catch {
    // No JSON: the status says it.
  }
  const { status } = answer;
  if (status === 403 && error === 'invalid_grant') {
    return [];
  }
  const cause = describeAnswer('login', answer);
  const blocked = 'This account is blocked.';
  const words = new Map([
    ['403 mfa_required', 'This account asks for a second factor, which cannot be given here.'],
    ['429 too_many_attempts', 'This account is locked after too many attempts. Please try again later.'],
    ['401 too_many_attempts', 'This account is locked after too many attempts. Please try again later.'],
    ['401 password_leaked', 'This password is known to others and must be reset.'],
    ['403 password_leaked', 'This password is known to others and must be reset.'],
    ['401 unauthorized', blocked], ['403 unauthorized', blocked],
    ['403 access_denied', 'This account may not log in.'],
  ]).get(`${status} ${error}`);
  if (words) {
    console.error(`auth0pg ${settings.operation}: ${cause}`);
    throw new UnauthorizedError(words);
  }
  throw { kind: answer.code === 'late' || status === 504 ? 'late' : 'unavailable', cause };
}
