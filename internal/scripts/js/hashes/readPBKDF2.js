// SPDX-License-Identifier: MPL-2.0
/* global phcFields, pbkdf2 */
/* exported readPBKDF2 */

// $pbkdf2-sha256$i=<iterations>,l=<length>$<salt>$<key>; passlib writes the bare
// number of iterations.
function readPBKDF2(stored) {
  const fields = phcFields(stored);
  const kind = fields && /^pbkdf2(?:-(sha1|sha256|sha384|sha512))?$/.exec(fields.name);
  if (!kind) {
    return [];
  }
  const iterations = /^\d{1,8}$/.test(fields.text) ? Number(fields.text) : fields.number('i');
  return [pbkdf2(kind[1] || 'sha1', iterations, fields.salt, fields.key)];
}
