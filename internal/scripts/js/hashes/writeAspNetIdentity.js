// SPDX-License-Identifier: MPL-2.0
/* global settings, newKey */
/* exported writeAspNetIdentity */

// Version 3, with SHA-512 as .NET has it since 7.
async function writeAspNetIdentity(password) {
  const salt = require('crypto').randomBytes(16);
  const head = Buffer.alloc(13, 1);
  [2, settings.iterations, salt.length].forEach((value, i) => head.writeUInt32BE(value, 1 + 4 * i));
  return Buffer.concat([head, salt, await newKey(password, 'sha512', salt)]).toString('base64');
}
