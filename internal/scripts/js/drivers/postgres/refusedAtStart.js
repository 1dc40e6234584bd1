// SPDX-License-Identifier: MPL-2.0
/* exported refusedAtStart */

// What the other side refuses at the start of a connection, or null. It may be a
// start-up parameter that a pooler such as PgBouncer does not know (statement_timeout
// is the only one that it may not), or TLS. PgBouncer has the code of that,
// protocol_violation, also for a pool that is full and for a server that it lost.
function refusedAtStart(error) {
  const { code, message } = error;
  if (code === '0A000' || (code === '08P01' && /startup parameter|statement_timeout/i.test(message))) {
    // 0A000: feature_not_supported
    return 'statement_timeout';
  }
  // The driver has no code for this one.
  return message === 'The server does not support SSL connections' ? 'ssl' : null;
}
