// SPDX-License-Identifier: MPL-2.0
/* global settings, secret, writeBcrypt */
/* exported writeBcryptPepper */
async function writeBcryptPepper(password) {
  return writeBcrypt(password + secret(settings.pepperKey));
}
