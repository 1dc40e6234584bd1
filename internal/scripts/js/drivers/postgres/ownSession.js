// SPDX-License-Identifier: MPL-2.0
/* exported ownSession */

// Tells whether the connection has a session of the server to itself: the process
// that was announced at its start is the one that answers. A pooler such as
// PgBouncer announces one of its own.
async function ownSession(client) {
  try {
    const { rows } = await client.query('SELECT pg_catalog.pg_backend_pid() AS pid');
    return rows[0].pid === client.processID;
  } catch (error) {
    if (typeof error.severity !== 'string' || error.code.startsWith('57P')) { // cut off, or ended by the server
      throw error;
    }
    return false; // the server does not say
  }
}
