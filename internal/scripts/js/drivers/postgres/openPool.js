// SPDX-License-Identifier: MPL-2.0
/* global describeError, refusedAtStart, ownSession */
/* exported openPool */

// Opens a pool and its first connection. What the other side refuses at the start
// of a connection and the scripts can do without is left out.
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
        // True: it is of no use.
        client.release(pool.named === undefined);
      }
      return pool;
    } catch (error) {
      const refused = refusedAtStart(error);
      if (!refused || !options[refused] || (refused === 'ssl' && !options.preferTLS)) {
        throw error;
      }
      options = { ...options, [refused]: false };
    }
  }
}
