// SPDX-License-Identifier: MPL-2.0
/* global settings, connectionPool, refusedAtStart */
/* exported query */

// Runs one of the statements with its values by name. No named prepared
// statement and no transaction: either would tie the caller to one server
// connection, which a pooler between them does not promise.
async function query(name, values) {
  const statement = settings.statements[name];
  const parameters = statement.params.map((parameter) => values[parameter]);
  const started = Date.now();
  for (let attempt = 1; ; attempt += 1) {
    const shared = connectionPool();
    let pool;
    try {
      pool = await shared.opening;
      return await pool.query(statement.sql, parameters);
    } catch (error) {
      const fromServer = typeof error.severity === 'string';
      // A kept connection may have died unseen, with a restarted server or while
      // the container was frozen. Reading again is harmless; a change may have
      // happened, unless the server said that it ended the session.
      let again = fromServer ? error.code.startsWith('57P') : statement.readOnly;
      if (pool && refusedAtStart(error)) { // what is behind the address has changed
        shared.forget();
        again = true;
      }
      if (!again || attempt === 4 || Date.now() - started > 1000) {
        throw error;
      }
    }
  }
}
