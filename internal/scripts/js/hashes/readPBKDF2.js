// SPDX-License-Identifier: MPL-2.0
/* global phcFields, pbkdf2 */
/* exported readPBKDF2 */

// $pbkdf2-sha256$i=<iterations>,l=<length>$<salt>$<key>; passlib writes the bare number
// of iterations. No name of a digest is SHA-1.
function readPBKDF2(password, stored, salt, format) {
  const fields = phcFields(stored);
  const kind = fields && /^pbkdf2(?:-(sha1|sha256|sha384|sha512))?$/.exec(fields.name);
  if (!kind) {
    return [];
  }
  const iterations = format === 'pbkdf2' ? fields.number('i') : Number(/^\d{1,8}$/.exec(fields.text));
  return pbkdf2(password, kind[1] || 'sha1', iterations, fields.salt, fields.key);
}
