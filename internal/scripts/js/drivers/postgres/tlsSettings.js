// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported tlsSettings */

// What sslmode means, as libpq has it. Without one, TLS is required, except on
// the loopback interface: nothing is sent in the clear over a network by default.
function tlsSettings(sslmode, host, ca) {
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host);
  const mode = sslmode || (loopback ? 'prefer' : 'require');
  const level = ['disable', 'allow', 'prefer', 'no-verify', 'require', 'verify-ca', 'verify-full'].indexOf(mode);
  if (level < 0) {
    throw new Error(`sslmode in configuration.${settings.databaseUrlKey} must be disable, prefer, require, `
      + 'verify-ca or verify-full');
  }
  // For an address, the driver sets no name: without host, Node would check the
  // certificate against "localhost". With an authority at hand, libpq verifies for
  // require, too.
  const ssl = { host, rejectUnauthorized: level > (ca ? 3 : 4) };
  if (require('net').isIP(host) === 0) {
    ssl.servername = host;
  }
  if (ca) {
    ssl.ca = ca;
    // Without an authority, a certificate that anybody gets for some name would
    // do for verify-ca, which libpq refuses: then the name is checked as well.
    if (level < 6) {
      ssl.checkServerIdentity = () => undefined;
    }
  }
  return { ssl: level > 0 && ssl, preferTLS: level < 3 };
}
