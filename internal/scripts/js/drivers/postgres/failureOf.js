// SPDX-License-Identifier: MPL-2.0
/* global describeError */
/* exported failureOf */

// What went wrong, in the port's words. The codes are cardinality_violation, not_null_violation,
// foreign_key_violation, unique_violation, check_violation and query_canceled.
function failureOf(error) {
  const code = typeof error.severity === 'string' ? error.code : '';
  const kinds = {
    21000: 'ambiguous', // if changes
    23502: 'unfit', // if writes
    23503: 'needed', // if deletes
    23505: 'unfit', // if writes
    23514: 'unfit', // if writes
    57014: 'late',
  };
  // data_exception: too long, or not to be stored
  return { kind: kinds[code] || (code.startsWith('22') ? 'unfit' : 'unavailable'), cause: describeError(error) };
}
