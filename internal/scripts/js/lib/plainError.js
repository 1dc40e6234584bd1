// SPDX-License-Identifier: MPL-2.0
/* global refusal, failureOf */
/* exported plainError */

// What went wrong as an error whose message a user may see. It has nothing of the
// store's.
function plainError(error) {
  const classes = [WrongUsernameOrPasswordError, ValidationError, UnauthorizedError];
  if (error.isPlain || classes.some((known) => error instanceof known)) {
    return error;
  }
  const { kind, cause } = error.kind ? error : failureOf(error);
  const messages = {
    ambiguous: 'Several accounts share this address. Please contact support.', // if changes
    needed: 'The user is still needed by other data.', // if deletes
    unfit: 'The user database does not accept these values.',
    late: 'The user database took too long to answer. Please try again later.',
    unavailable: 'The user database cannot be used at the moment. Please try again later.',
  };
  return refusal(messages[kind], cause);
}
