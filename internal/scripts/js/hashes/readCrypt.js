// SPDX-License-Identifier: MPL-2.0
/* global keyFits, inWorker, cryptMD5, cryptSHA */
/* exported readCrypt */

// $1$<salt>$<key> with MD5, also as $apr1$; $5$ and $6$ with SHA-256 and SHA-512, with or
// without rounds=<rounds>$ in front of the salt. The key is compared as it is written.
function readCrypt(password, stored) {
  const match = /^\$(1|apr1|5|6)\$(?:rounds=(\d{1,9})\$)?([^$]{0,16})\$([./A-Za-z0-9]{22,86})$/.exec(stored);
  if (!match || (match[2] && match[1].includes('1'))) {
    return [];
  }
  const [, kind, named, salt, key] = match;
  const rounds = kind.includes('1') ? 1000 : Math.min(Math.max(Number(named || 5000), 1000), 999999999);
  const work = (rounds / 16) * (1 + password.length / 64);
  const compute = kind.includes('1') ? cryptMD5 : cryptSHA;
  return keyFits(Buffer.from(key), work, async () => Buffer.from(await inWorker(work, compute, kind, rounds, salt, password)));
}
