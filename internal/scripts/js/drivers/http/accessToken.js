// SPDX-License-Identifier: MPL-2.0
/* global settings, configured, requestToken */
/* exported accessToken */

// The access token of the container, which all calls share through global, under a name that changes with the settings and
// holds only a digest of them. It is asked for once, and anew before it ends, while the former one still serves. One that
// the API refused is given up for another, once a minute at most: a fault of the API's is no reason to ask at each login.
async function accessToken(refused) {
  const { url, audience, scope, clientIdKey, clientSecretKey } = settings.token;
  const id = configured(clientIdKey);
  const secret = configured(clientSecretKey);
  const fingerprint = require('crypto').createHash('sha256')
    .update(JSON.stringify([url, audience, scope, id, secret]))
    .digest('hex');
  const name = `auth0pg:token:${fingerprint}`;
  global[name] ||= { renewed: 0, notBefore: 0 };
  const shared = global[name];
  const now = Date.now();
  if (refused && shared.token === refused && now - shared.renewed > 60000) {
    shared.renewed = now;
    shared.token = null;
  }
  const serves = shared.token && now < shared.ends;
  if (!shared.asking && now >= shared.notBefore && (!serves || now >= shared.renews)) {
    shared.asking = requestToken(shared, id, secret).finally(() => { shared.asking = null; });
    shared.asking.catch(() => {}); // whoever waits for it is told
  }
  if (serves) {
    return shared.token;
  }
  if (!shared.asking) {
    throw shared.failure;
  }
  return shared.asking;
}
