// SPDX-License-Identifier: MPL-2.0
/* global describeError, refusedAtStart, ownSession */
/* exported openPool */

// Opens a pool and its first connection, and leaves out what the other side
// refuses at the start of a connection and the scripts can do without.
async function openPool(options) {
  const { Pool } = require('pg');
  for (;;) {
    const pool = new Pool(options);
    // Without a listener the end of an idle connection would end the container.
    pool.on('error', (error) => console.error(`auth0pg pool: ${describeError(error)}`));
    // So would the end of one that is handed out below: from that, the pool takes
    // its own listener away. What went wrong is told by the statement.
    pool.on('connect', (client) => client.on('error', () => {}));
    try {
      const client = await pool.connect();
      try {
        pool.named = await ownSession(client);
      } finally {
        client.release(pool.named === undefined); // true: it is of no use
      }
      return pool;
    } catch (error) {
      const refused = refusedAtStart(error);
      if (refused === 'statement_timeout' && options.statement_timeout) {
        options = { ...options, statement_timeout: undefined };
      } else if (refused === 'ssl' && options.preferTLS && options.ssl) {
        options = { ...options, ssl: false };
      } else {
        throw error;
      }
    }
  }
}
