// SPDX-License-Identifier: MPL-2.0
/* global settings, configuration, connectionSettings, openPool */
/* exported connectionPool */

// The container's pool for this database, opened by the first call for all of
// them. Scripts share it through global, under a name that other code will not
// use and that changes with the settings. The name holds only a digest of them,
// as they hold a password.
function connectionPool() {
  const url = configuration[settings.databaseUrlKey];
  // From an environment variable, line breaks often come as two characters.
  const ca = configuration[settings.caKey]?.replace(/\\n/g, '\n');
  const fingerprint = require('crypto').createHash('sha256')
    .update(JSON.stringify([url, ca, settings.poolMax]))
    .digest('hex');
  const name = `auth0pg:pool:${fingerprint}`;
  if (!global[name]) {
    const shared = { opening: openPool(connectionSettings(url, ca)) };
    shared.forget = () => global[name] === shared && delete global[name];
    global[name] = shared;
    shared.opening.catch(shared.forget);
  }
  return global[name];
}
