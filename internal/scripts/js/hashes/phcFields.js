// SPDX-License-Identifier: MPL-2.0
/* exported phcFields */

// The fields of $<name>$<parameters>$<salt>$<key>, or null. passlib's base64 has . for +.
function phcFields(stored) {
  const [start, name, text, salt, key, ...more] = stored.split('$');
  const isBase64 = (part) => typeof part === 'string' && /^[A-Za-z0-9+/.]*={0,2}$/.test(part);
  if (start !== '' || !isBase64(salt) || !isBase64(key) || more.length > 0) {
    return null;
  }
  const parameters = new Map(text.split(',').map((item) => item.split('=')));
  const number = (parameter) => Number(/^\d{1,8}$/.test(parameters.get(parameter)) ? parameters.get(parameter) : NaN);
  const bytes = (base64) => Buffer.from(base64.replace(/\./g, '+'), 'base64');
  return { name, text, number, salt: bytes(salt), key: bytes(key) };
}
