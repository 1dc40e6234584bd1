// SPDX-License-Identifier: MPL-2.0
/* global settings, newKey, newSalt */
/* exported writeWerkzeug */
async function writeWerkzeug(password) {
  const salt = newSalt();
  return `pbkdf2:sha256:${settings.iterations}$${salt}$${(await newKey(password, 'sha256', salt)).toString('hex')}`;
}
