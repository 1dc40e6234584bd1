// SPDX-License-Identifier: MPL-2.0
/* global statements, connectionPool, refusedAtStart, refusedForNow */
/* exported query */

// Runs one of the statements with its values by name. Where the session is the
// caller's own, the server keeps the statement prepared under a name, which halves
// its work. A pooler may run each statement in another session, so that there are
// no names through one, and no transactions anywhere.
async function query(key, values) {
  const { name, sql, params, readOnly } = statements()[key];
  const parameters = params.map((parameter) => values[parameter]);
  const started = Date.now();
  for (let attempt = 1; ; attempt += 1) {
    const shared = connectionPool();
    let pool;
    let client;
    let named = false;
    try {
      pool = await shared.opening;
      client = await pool.connect();
      ({ named } = pool);
      const result = await client.query({ name: named ? name : undefined, text: sql, values: parameters });
      client.release();
      return result;
    } catch (error) {
      if (client) {
        client.release(error);
      }
      if (named && ['26000', '42P05'].includes(error.code)) {
        // The name is not known, or known already: a pooler that looked like a server.
        pool.named = false;
        // However late it is: this was answered at once.
        continue;
      }
      if (refusedForNow(error, Boolean(client)) && Date.now() - started < 2000) {
        const pause = Math.min(100 * 2 ** attempt, 400) * (0.5 + Math.random() / 2);
        await new Promise((resolve) => { setTimeout(resolve, pause); });
        // A change, too: it was never sent, or not passed on.
        continue;
      }
      const fromServer = typeof error.severity === 'string';
      // A kept connection may have died unseen, with a restarted server or while
      // the container was frozen. Reading again is harmless; a change may have
      // happened, unless the server said that it ended the session. 08P01 is a
      // pooler's word for a server that it lost, perhaps under the statement.
      let again = fromServer ? error.code.startsWith('57P') || (pool && readOnly && error.code === '08P01') : readOnly;
      // What is behind the address has changed.
      if (pool && refusedAtStart(error)) {
        shared.forget();
        again = true;
      }
      if (!again || attempt >= 4 || Date.now() - started > 1000) {
        error.computed = statements()[key].computes; // if computes
        throw error;
      }
    }
  }
}
