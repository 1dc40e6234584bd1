// SPDX-License-Identifier: MPL-2.0
/* global settings */
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
  const verified = { ...ssl, rejectUnauthorized: true };
  const underAnyName = { ...verified, checkServerIdentity: () => undefined };
  const modes = {
    disable: { ssl: false },
    allow: { ssl, preferTLS: true },
    prefer: { ssl, preferTLS: true },
    'no-verify': { ssl },
    // With an authority at hand, libpq verifies here too.
    require: { ssl: ca ? underAnyName : ssl },
    // Without an authority, a certificate that anybody gets for some name would
    // do, which libpq refuses: then the name is checked as well.
    'verify-ca': { ssl: ca ? underAnyName : verified },
    'verify-full': { ssl: verified },
  };
  if (!Object.hasOwn(modes, mode)) {
    throw new Error(`sslmode in configuration.${settings.databaseUrlKey} must be disable, prefer, require, `
      + 'verify-ca or verify-full');
  }
  return modes[mode];
}
