// SPDX-License-Identifier: MPL-2.0
/* global settings, bcryptPrefix, writeBcrypt */
/* exported writeBcryptPrefixed */
async function writeBcryptPrefixed(password) {
  return bcryptPrefix(settings.passwordHash) + await writeBcrypt(password);
}
