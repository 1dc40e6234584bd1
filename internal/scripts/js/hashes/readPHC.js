// SPDX-License-Identifier: MPL-2.0
/* global pbkdf2, scrypt */
/* exported readPHC */

// $pbkdf2-sha256$i=<iterations>,l=<length>$<salt>$<key>, the same with the bare
// number of iterations as passlib writes it, and $scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<key>.
function readPHC(stored, format) {
  const [start, name, text, salt, key, ...more] = stored.split('$');
  const kind = /^(scrypt|pbkdf2)(?:-(sha1|sha256|sha384|sha512))?$/.exec(name);
  const isBase64 = (part) => typeof part === 'string' && /^[A-Za-z0-9+/.]*={0,2}$/.test(part);
  if (start !== '' || !kind || kind[1] !== format || !isBase64(salt) || !isBase64(key) || more.length > 0) {
    return [];
  }
  const parameters = new Map(text.split(',').map((item) => item.split('=')));
  const number = (parameter) => Number(/^\d{1,8}$/.test(parameters.get(parameter)) ? parameters.get(parameter) : NaN);
  const bytes = (base64) => Buffer.from(base64.replace(/\./g, '+'), 'base64'); // passlib has . for +
  if (format === 'scrypt') {
    return [scrypt(number('ln'), number('r'), number('p'), bytes(salt), bytes(key))];
  }
  const iterations = /^\d{1,8}$/.test(text) ? Number(text) : number('i');
  return [pbkdf2(kind[2] || 'sha1', iterations, bytes(salt), bytes(key))];
}
