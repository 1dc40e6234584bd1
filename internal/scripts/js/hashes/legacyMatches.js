// SPDX-License-Identifier: MPL-2.0
/* global settings, isText, readDjango, readPHC, readLDAP, readHex */
/* exported legacyMatches */

// Compares the password with a hash that another program wrote, in any of the
// formats that the connection accepts. A reader returns what a hash can mean: the
// key that was stored, and how to derive it from the password.
async function legacyMatches(password, stored) {
  if (!isText(password, 1024) || !isText(stored, 1024)) {
    return false;
  }
  const readers = { django_pbkdf2: readDjango, pbkdf2: readPHC, scrypt: readPHC, ssha: readLDAP };
  let matches = false;
  for (const format of settings.legacyHashes) {
    for (const { key, derive } of (readers[format] || readHex)(stored, format)) {
      const derived = key.length < 16 ? null : await derive(password); // a short key is a cut-off one
      if (derived && derived.length === key.length && require('crypto').timingSafeEqual(derived, key)) {
        matches = true;
      }
    }
  }
  return matches;
}
