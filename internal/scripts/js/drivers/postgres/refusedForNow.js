// SPDX-License-Identifier: MPL-2.0
/* exported refusedForNow */

// Whether the other side had no place for us, yet. Nothing was run, and there may be
// one in a moment. It may be a server that is full or starts, a pooler that is full or
// lacks a server, and until there is a connection also a server that is being
// replaced. A refusal for another reason, as a wrong password, stays.
function refusedForNow(error, connected) {
  // Not from the server: network, TLS or driver.
  if (typeof error.severity !== 'string') {
    return !connected && (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EAI_AGAIN'].includes(error.code)
      || /^Connection terminated/.test(error.message));
  }
  // too_many_connections and cannot_connect_now, which a pooler passes on.
  return ['53300', '57P03'].includes(error.code) || (!connected && error.code.startsWith('57P'))
    // The words of PgBouncer and Supavisor, under codes that say little.
    || /max_client_conn|server_login_retry|query_wait_timeout|max client/i.test(error.message);
}
