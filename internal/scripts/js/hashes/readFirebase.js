// SPDX-License-Identifier: MPL-2.0
/* global settings, secret, scrypt */
/* exported readFirebase */

// Firebase's scrypt. Hash and salt are base64, the salt in another column or behind a
// colon. The configuration holds what Firebase shows as hash_config, or the
// base64_signer_key alone.
function readFirebase(password, stored, salt) {
  const config = secret(settings.signerKey);
  const parameter = (name, standard) => (new RegExp(`${name}[:=\\s"']+([\\w+/=-]+)`).exec(config) || [0, standard])[1];
  const bytes = (text) => Buffer.from(text, 'base64');
  const match = /^([A-Za-z0-9+/_-]{86}(?:==)?)(?::(.+))?$/.exec(stored);
  if (!match) {
    return [];
  }
  const start = Buffer.concat([bytes(match[2] || salt), bytes(parameter('base64_salt_separator', 'Bw=='))]);
  return scrypt(password, 2 ** parameter('mem_cost', 14), Number(parameter('rounds', 8)), 1, start, bytes(match[1]), (key) => {
    const cipher = require('crypto').createCipheriv('aes-256-ctr', key.subarray(0, 32), Buffer.alloc(16));
    return cipher.update(bytes(parameter('base64_signer_key', config)));
  });
}
