// SPDX-License-Identifier: MPL-2.0
/* global settings, newKey, newSalt */
/* exported writeDjango */
async function writeDjango(password) {
  const salt = newSalt();
  return `pbkdf2_sha256$${settings.iterations}$${salt}$${(await newKey(password, 'sha256', salt)).toString('base64')}`;
}
