// SPDX-License-Identifier: MPL-2.0
/* global settings, isPassword */
/* exported passwordMatches */

// Compares the password with the stored hash, and always compares something of
// the same cost: time must not tell whether there is a user or a usable hash.
async function passwordMatches(password, stored) {
  const bcrypt = require('bcrypt');
  const usable = isPassword(password) && /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(stored);
  // PHP's $2y$ is the same algorithm as $2b$, under a name that the module does not know.
  const hash = usable ? stored.replace(/^\$2y\$/, '$2b$') : settings.dummyHash;
  const equal = await bcrypt.compare(isPassword(password) ? password : 'no password', hash);
  return usable && equal;
}
