// SPDX-License-Identifier: MPL-2.0
/* global settings, isPassword, legacyMatches */
/* exported passwordMatches */

// Compares the password with the stored hash. bcrypt always has something to
// compare with, at the cost of new hashes: where stored ones have that cost too,
// time does not tell whether there is a user or a usable hash. A hash of another
// cost, or a slow one of another format, takes its own time.
async function passwordMatches(password, stored) {
  const isBcrypt = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(stored);
  const usable = isBcrypt && isPassword(password);
  // PHP's $2y$ is the same algorithm as $2b$, under a name that the module does not know.
  const hash = usable ? stored.replace(/^\$2y\$/, '$2b$') : settings.dummyHash;
  const [byBcrypt, byOther] = await Promise.all([
    require('bcrypt').compare(isPassword(password) ? password : 'no password', hash),
    isBcrypt ? false : legacyMatches(password, stored), // if legacy
  ]);
  return (usable && byBcrypt) || Boolean(byOther);
}
