// SPDX-License-Identifier: MPL-2.0
/* global refusal, describeError */
/* exported plainError */

// Turns what went wrong into an error whose message a user may see, without SQL
// or anything of the server's.
function plainError(error) {
  const classes = [WrongUsernameOrPasswordError, ValidationError, UnauthorizedError];
  if (error.isPlain || classes.some((known) => error instanceof known)) {
    return error;
  }
  const cause = describeError(error);
  const code = typeof error.severity === 'string' ? error.code : '';
  const messages = {
    '21000': 'Several accounts share this address. Please contact support.', // cardinality_violation
    '23503': 'The user is still needed by other data.', // foreign_key_violation
    '23514': 'The user database does not accept these values.', // check_violation
    '57014': 'The user database took too long to answer. Please try again later.', // query_canceled
  };
  if (messages[code]) {
    return refusal(messages[code], cause);
  }
  if (code.startsWith('22')) { // data_exception: too long, or not to be stored
    return refusal('The user database does not accept these values.', cause);
  }
  return refusal('The user database cannot be used at the moment. Please try again later.', cause);
}
