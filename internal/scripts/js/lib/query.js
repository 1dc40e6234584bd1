// SPDX-License-Identifier: MPL-2.0
/* global settings, connectionPool, simplerPool */
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
    try {
      return await shared.pool.query(statement.sql, parameters);
    } catch (error) {
      const fromServer = typeof error.severity === 'string';
      // A kept connection may have died unseen, with a restarted server or while
      // the container was frozen. Reading again is harmless; a change may have
      // happened, unless the server said that it ended the session.
      const endedByServer = fromServer && error.code.startsWith('57P');
      const retry = endedByServer || (statement.readOnly && !fromServer);
      const soon = attempt < 4 && Date.now() - started < 1000;
      if (!soon || !(simplerPool(shared, error) || retry)) {
        throw error;
      }
    }
  }
}
