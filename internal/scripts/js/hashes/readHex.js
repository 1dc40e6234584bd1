// SPDX-License-Identifier: MPL-2.0
/* exported readHex */

// A digest in hexadecimal: alone, or with a salt before or after it, between them
// a colon or dollar sign; also behind the digest's name, as sha1$salt$hash. What
// was hashed may have the salt on either side.
function readHex(stored, digest) {
  const { createHash } = require('crypto');
  const length = { md5: 32, sha1: 40, sha256: 64, sha512: 128 }[digest];
  const text = stored.startsWith(`${digest}$`) ? stored.slice(digest.length + 1) : stored;
  const hex = `([0-9a-f]{${length}})`;
  const meanings = [];
  const add = (key, salt) => {
    const orders = salt ? [(password) => salt + password, (password) => password + salt] : [(password) => password];
    for (const order of orders) {
      meanings.push({ key: Buffer.from(key, 'hex'), derive: (password) => createHash(digest).update(order(password)).digest() });
    }
  };
  const alone = new RegExp(`^${hex}$`, 'i').exec(text);
  const first = new RegExp(`^${hex}[:$](.+)$`, 'i').exec(text);
  const last = new RegExp(`^(.+)[:$]${hex}$`, 'i').exec(text);
  if (alone) {
    add(alone[1], '');
  }
  if (first) {
    add(first[1], first[2]);
  }
  if (last) {
    add(last[2], last[1]);
  }
  return meanings;
}
