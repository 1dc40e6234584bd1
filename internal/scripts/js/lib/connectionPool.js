// SPDX-License-Identifier: MPL-2.0
/* global settings, configuration, connectionSettings, describeError */
/* exported connectionPool */

// The container's pool for this database. Scripts share it through global, under
// a name that other code will not use and that changes with the settings. The
// name holds only a digest of them, as they hold a password.
function connectionPool() {
  const url = configuration[settings.databaseUrlKey];
  const ca = configuration[settings.caKey];
  const fingerprint = require('crypto').createHash('sha256')
    .update(JSON.stringify([url, ca, settings.poolMax]))
    .digest('hex');
  const name = `auth0pg:pool:${fingerprint}`;
  if (!global[name]) {
    global[name] = open(connectionSettings(url, ca));
  }
  return global[name];

  function open(options) {
    const { Pool } = require('pg');
    const pool = new Pool(options);
    // Without a listener the end of an idle connection would end the container.
    pool.on('error', (error) => console.error(`auth0pg pool: ${describeError(error)}`));
    return { name, options, pool, open };
  }
}
