// SPDX-License-Identifier: MPL-2.0
/* global pbkdf2 */
/* exported readAspNetIdentity */

// ASP.NET Core Identity, in base64. Version 3: 1, digest, iterations and length of the salt as
// four bytes each, salt, key. Version 2: 0, salt, key, of 1000 iterations with SHA-1.
function readAspNetIdentity(password, stored) {
  const bytes = Buffer.from(/^[A-Za-z0-9+/]{66,}={0,2}$/.test(stored) ? stored : '', 'base64');
  if (bytes[0] === 0 && bytes.length === 49) {
    return pbkdf2(password, 'sha1', 1000, bytes.subarray(1, 17), bytes.subarray(17));
  }
  if (bytes[0] !== 1 || bytes.length < 45) {
    return [];
  }
  const [digest, iterations, length] = [1, 5, 9].map((offset) => bytes.readUInt32BE(offset));
  const name = ['sha1', 'sha256', 'sha512'][digest];
  return name ? pbkdf2(password, name, iterations, bytes.subarray(13, 13 + length), bytes.subarray(13 + length)) : [];
}
