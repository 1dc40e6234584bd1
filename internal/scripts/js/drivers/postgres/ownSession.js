// SPDX-License-Identifier: MPL-2.0
/* exported ownSession */

// Tells whether the connection has a session of the server to itself. The process
// that was announced at its start is then the one that answers. A pooler such as
// PgBouncer announces one of its own.
async function ownSession(client) {
  try {
    const { rows } = await client.query('SELECT pg_catalog.pg_backend_pid() AS pid');
    return rows[0].pid === client.processID;
  } catch (error) {
    // Cut off, or ended by the server.
    if (typeof error.severity !== 'string' || error.code.startsWith('57P')) {
      throw error;
    }
    // The server does not say.
    return false;
  }
}
