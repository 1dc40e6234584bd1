// SPDX-License-Identifier: MPL-2.0
/* global settings, refusal */
/* exported tlsSettings */

// What sslmode means, as libpq has it. Without one, TLS is required, except on
// the loopback interface: nothing is sent in the clear over a network by default.
function tlsSettings(sslmode, host, ca) {
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
  const mode = sslmode || (loopback ? 'prefer' : 'require');
  // For an address, the driver sets no name: without host, Node would check the
  // certificate against "localhost".
  const ssl = { host, rejectUnauthorized: false };
  if (require('net').isIP(host) === 0) {
    ssl.servername = host;
  }
  if (ca) {
    ssl.ca = ca;
  }
  switch (mode) {
    case 'disable':
      return { ssl: false };
    case 'allow':
    case 'prefer':
      return { ssl, preferTLS: true };
    case 'no-verify':
      return { ssl };
    case 'require':
      // With an authority at hand, libpq verifies here too.
      return ca
        ? { ssl: { ...ssl, rejectUnauthorized: true, checkServerIdentity: () => undefined } }
        : { ssl };
    case 'verify-ca':
      // Without an authority, a certificate that anybody gets for some name would
      // do, which libpq refuses: then the name is checked as well.
      return ca
        ? { ssl: { ...ssl, rejectUnauthorized: true, checkServerIdentity: () => undefined } }
        : { ssl: { ...ssl, rejectUnauthorized: true } };
    case 'verify-full':
      return { ssl: { ...ssl, rejectUnauthorized: true } };
    default:
      throw refusal('The user database cannot be used at the moment. Please try again later.',
        `sslmode in configuration.${settings.databaseUrlKey} must be disable, prefer, require, verify-ca or verify-full`);
  }
}
