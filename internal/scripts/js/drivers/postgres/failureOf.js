// SPDX-License-Identifier: MPL-2.0
/* global describeError */
/* exported failureOf */

// What went wrong, in the port's words.
function failureOf(error) {
  const code = typeof error.severity === 'string' ? error.code : '';
  const kinds = {
    21000: 'ambiguous', // cardinality_violation
    23503: 'needed', // foreign_key_violation
    23514: 'unfit', // check_violation
    57014: 'late', // query_canceled
  };
  // data_exception: too long, or not to be stored
  return { kind: kinds[code] || (code.startsWith('22') ? 'unfit' : 'unavailable'), cause: describeError(error) };
}
