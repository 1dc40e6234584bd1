// SPDX-License-Identifier: MPL-2.0
/* global phcFields, scrypt */
/* exported readScrypt */

// $scrypt$ln=<log2 N>,r=<r>,p=<p>$<salt>$<key>
function readScrypt(password, stored) {
  const fields = phcFields(stored);
  if (!fields || fields.name !== 'scrypt') {
    return [];
  }
  const { number, salt, key } = fields;
  return scrypt(password, 2 ** number('ln'), number('r'), number('p'), salt, key);
}
