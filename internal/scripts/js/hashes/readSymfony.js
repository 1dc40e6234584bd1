// SPDX-License-Identifier: MPL-2.0
/* global iterated */
/* exported readSymfony */

// Symfony's SHA-512 of 5000 rounds in base64, with a salt or without.
function readSymfony(password, stored, salt) {
  const text = salt ? `${password}{${salt}}` : password;
  const key = Buffer.from(stored, 'base64');
  return /^[A-Za-z0-9+/]{86}==$/.test(stored) ? iterated('sha512', 5000, text, text, key) : [];
}
