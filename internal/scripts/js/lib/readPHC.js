// SPDX-License-Identifier: MPL-2.0
/* global pbkdf2, scrypt */
/* exported readPHC */

// $pbkdf2-sha256$i=<iterations>,l=<length>$<salt>$<key>, the same with the bare
// number of iterations as passlib writes it, and $scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<key>.
function readPHC(stored, format) {
  const match = /^\$(scrypt|pbkdf2(?:-(sha1|sha256|sha384|sha512))?)\$([^$]*)\$([A-Za-z0-9+/.]*)={0,2}\$([A-Za-z0-9+/.]+)={0,2}$/.exec(stored);
  if (!match || !match[1].startsWith(format)) {
    return [];
  }
  const [, name, digest, text, salt, key] = match;
  const parameters = new Map(text.split(',').map((item) => item.split('=')));
  const number = (parameter) => Number(/^\d{1,8}$/.test(parameters.get(parameter)) ? parameters.get(parameter) : NaN);
  const bytes = (base64) => Buffer.from(base64.replace(/\./g, '+'), 'base64'); // passlib has . for +
  if (name === 'scrypt') {
    return [scrypt(number('ln'), number('r'), number('p'), bytes(salt), bytes(key))];
  }
  const iterations = /^\d{1,8}$/.test(text) ? Number(text) : number('i');
  return [pbkdf2(digest || 'sha1', iterations, bytes(salt), bytes(key))];
}
