// SPDX-License-Identifier: MPL-2.0
/* global saltedDigest */
/* exported readBase64 */

// A digest in base64, with a salt in another column or without.
function readBase64(password, stored, salt) {
  const key = Buffer.from(/^[A-Za-z0-9+/]+={0,2}$/.test(stored) ? stored : '', 'base64');
  const digest = { 16: 'md5', 20: 'sha1', 32: 'sha256', 64: 'sha512' }[key.length];
  return digest ? saltedDigest(password, digest, salt, key) : [];
}
