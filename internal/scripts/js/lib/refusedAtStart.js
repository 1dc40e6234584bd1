// SPDX-License-Identifier: MPL-2.0
/* exported refusedAtStart */

// What the other side refuses at the start of a connection, or null: a start-up
// parameter that a pooler such as PgBouncer does not know (statement_timeout is
// the only one that it may not), or TLS.
function refusedAtStart(error) {
  if (['08P01', '0A000'].includes(error.code)) { // protocol_violation, feature_not_supported
    return 'statement_timeout';
  }
  // The driver has no code for this one.
  return error.message === 'The server does not support SSL connections' ? 'ssl' : null;
}
