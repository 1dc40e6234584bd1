// SPDX-License-Identifier: MPL-2.0
/* global isText */
/* exported legacyMatches */

// Compares the password with a hash that another program wrote, in any of the
// formats that the connection accepts. A reader returns what a hash can mean: the
// key that was stored, and how to derive it from the password.
async function legacyMatches(password, stored) {
  const readers = {};
  if (!isText(password, 1024) || !isText(stored, 1024)) {
    return false;
  }
  let matches = false;
  for (const [format, read] of Object.entries(readers)) {
    for (const { key, derive } of read(stored, format)) {
      const derived = key.length < 16 ? null : await derive(password); // a short key is a cut-off one
      if (derived && derived.length === key.length && require('crypto').timingSafeEqual(derived, key)) {
        matches = true;
      }
    }
  }
  return matches;
}
