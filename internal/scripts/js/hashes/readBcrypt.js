// SPDX-License-Identifier: MPL-2.0
/* global byModule */
/* exported readBcrypt */

// $2b$<cost>$<salt and key>, also in the versions 2a and 2y. As the programs that write
// it do, bcrypt takes the first 72 bytes of a longer password.
function readBcrypt(password, stored) {
  const match = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.exec(stored);
  // PHP's $2y$ is the same algorithm as $2b$, under a name that the module does not know.
  const hash = match && stored.replace('$2y', () => '$2b');
  const key = Buffer.from(password).subarray(0, 72);
  const work = 2 ** match?.[1];
  return match ? [{ work, fits: () => byModule(work, 'bcrypt', 'compare', key, hash) }] : [];
}
