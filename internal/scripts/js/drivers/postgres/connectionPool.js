// SPDX-License-Identifier: MPL-2.0
/* global settings, configuration, connectionSettings, openPool */
/* exported connectionPool */

// The container's pool for this database, opened by the first call for all of
// them. Scripts share it through global, under a name that other code will not
// use and that changes with the settings. The name holds only a digest of them,
// as they hold a password.
function connectionPool() {
  const url = configuration[settings.databaseUrlKey];
  const ca = configuration[settings.caKey];
  const fingerprint = require('crypto').createHash('sha256')
    .update(JSON.stringify([url, ca, settings.poolMax]))
    .digest('hex');
  const name = `auth0pg:pool:${fingerprint}`;
  if (!global[name]) {
    const forget = () => {
      if (global[name] === shared) {
        delete global[name];
      }
    };
    const opening = openPool(connectionSettings(url, ca));
    const shared = { opening, forget };
    global[name] = shared;
    opening.catch(forget);
  }
  return global[name];
}
