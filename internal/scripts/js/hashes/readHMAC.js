// SPDX-License-Identifier: MPL-2.0
/* global settings, secret, keyFits */
/* exported readHMAC */

// An HMAC with the pepper as its key, in hexadecimal or base64; where there is a salt in
// another column, it stands before or after the password.
function readHMAC(password, stored, salt) {
  const hex = /^(?:[0-9a-f]{2})+$/i.test(stored);
  const key = Buffer.from(hex || /^[A-Za-z0-9+/]+={0,2}$/.test(stored) ? stored : '', hex ? 'hex' : 'base64');
  const digest = { 16: 'md5', 20: 'sha1', 32: 'sha256', 64: 'sha512' }[key.length];
  const orders = salt ? [salt + password, password + salt] : [password];
  const hmac = (text) => require('crypto').createHmac(digest, secret(settings.pepperKey)).update(text).digest();
  return digest ? orders.flatMap((text) => keyFits(key, 0, () => hmac(text))) : [];
}
