// SPDX-License-Identifier: MPL-2.0
/* exported simplerPool */

// Replaces the pool when what failed is something that can be left out: a start-up
// parameter that a pooler such as PgBouncer refuses, or TLS where the URL
// only prefers it. Returns whether it is worth another attempt.
function simplerPool(shared, error) {
  if (global[shared.name] !== shared) {
    return true; // another call was first
  }
  const options = { ...shared.options };
  if (['08P01', '0A000'].includes(error.code) && options.statement_timeout) {
    delete options.statement_timeout;
  } else if (options.preferTLS && options.ssl && error.message === 'The server does not support SSL connections') {
    options.ssl = false; // the driver has no code for it
  } else {
    return false;
  }
  global[shared.name] = shared.open(options);
  shared.pool.end().catch(() => {});
  return true;
}
