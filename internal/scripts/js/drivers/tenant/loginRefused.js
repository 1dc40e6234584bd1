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
  if (error === 'invalid_grant') {
    return [];
  }
  const cause = describeAnswer('login', answer);
  const words = new Map([
    ['mfa_required', 'This account asks for a second factor, which cannot be given here.'],
    ['mfa_registration_required', 'This account asks for a second factor, which cannot be given here.'],
    ['too_many_attempts', 'This account is locked after too many attempts. Please try again later.'],
    ['password_leaked', 'This password is known to others and must be reset.'],
    ['unauthorized', 'This account is blocked.'],
    // With 401 it is the client that is refused.
    [answer.status === 403 && 'access_denied', 'This account may not log in.'],
  ]).get(error);
  if (words) {
    console.error(`auth0pg ${settings.operation}: ${cause}`);
    throw new UnauthorizedError(words);
  }
  throw { kind: answer.code === 'late' || answer.status === 504 ? 'late' : 'unavailable', cause };
}
