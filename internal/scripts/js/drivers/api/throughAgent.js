// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported throughAgent */

// Does what fetch does, which takes no authority of one's own. The API's certificate is verified against that alone, that of
// the endpoint for tokens against the public ones, too. Connections are kept, by an agent that all calls share.
function throughAgent(url, { method, headers, body, signal }, text) {
  const https = require('https');
  // From an environment variable, line breaks often come as two characters.
  let ca = text.replace(/\\n/g, '\n');
  if (url === settings.token?.url) {
    ca = [ca, ...require('tls').rootCertificates];
  }
  const name = `auth0pg:agent:${require('crypto').createHash('sha256').update(JSON.stringify(ca)).digest('hex')}`;
  global[name] ||= new https.Agent({ keepAlive: true, ca });
  return new Promise((resolve, reject) => {
    const request = https.request(url, {
      method, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, agent: global[name], signal,
    }, (response) => resolve({
      status: response.statusCode, headers: { get: (key) => response.headers[key] }, body: response,
    }));
    request.on('error', reject);
    request.end(body);
  });
}
