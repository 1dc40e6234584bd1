// SPDX-License-Identifier: MPL-2.0
/* global settings, tlsSettings */
/* exported connectionSettings */

// Takes the URL apart. The driver is not given the URL itself: what it makes of
// sslmode has changed before and is announced to change again.
function connectionSettings(text, ca) {
  let url;
  let parts;
  try {
    url = new URL(text);
    parts = {
      host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)),
    };
  } catch {
    // The error itself quotes the URL, and with it the password.
    throw new Error(`configuration.${settings.databaseUrlKey} is not set or no URL`);
  }
  if (!['postgres:', 'postgresql:'].includes(url.protocol) || !parts.host || !parts.user || !parts.database) {
    throw new Error(`configuration.${settings.databaseUrlKey} must be a postgresql:// URL with user, host and database`);
  }
  return {
    ...parts,
    port: Number(url.port) || 5432,
    ...tlsSettings(url.searchParams.get('sslmode'), parts.host, ca),
    application_name: 'auth0pg',
    max: settings.poolMax,
    idleTimeoutMillis: 30000,
    keepAlive: true,
    allowExitOnIdle: true,
    // Each of these stays below the limit in answer, which bounds them together.
    connectionTimeoutMillis: 3000,
    statement_timeout: 3000,
    query_timeout: 4000,
  };
}
