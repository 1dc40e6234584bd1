// SPDX-License-Identifier: MPL-2.0
/* global keyFits, inWorker, cryptKey */
/* exported readCrypt */

// crypt(3) with MD5 ($1$, $apr1$), SHA-256 ($5$), SHA-512 ($6$). The latter two have
// rounds=<rounds>$ in front of the salt, or 5000. The key is compared as it is written.
function readCrypt(password, stored) {
  const match = /^\$(?:(1|apr1)|([56])(?:\$rounds=(\d{1,9}))?)\$([^$]{0,16})\$([./A-Za-z0-9]{22,86})$/.exec(stored);
  const [, md5, sha, named, salt, key] = match || [];
  const rounds = md5 ? 1000 : Math.max(named || 5000, 1000);
  const work = (rounds / 16) * (1 + password.length / 64);
  const args = () => [md5 || sha, rounds, Buffer.from(salt), Buffer.from(password)];
  return match ? keyFits(Buffer.from(key), work, () => inWorker(work, cryptKey, ...args())) : [];
}
