// SPDX-License-Identifier: MPL-2.0
/* global saltedDigest */
/* exported readHex */

// A digest in hexadecimal: alone, or with a salt before or after it, between them
// a colon or dollar sign; also behind the digest's name, as sha1$salt$hash. The salt
// may also be in a column of its own.
function readHex(password, stored, salt, digest) {
  const length = { md5: 32, sha1: 40, sha256: 64, sha512: 128 }[digest];
  const text = stored.startsWith(`${digest}$`) ? stored.slice(digest.length + 1) : stored;
  const find = (form) => new RegExp(form.replace('HEX', `([0-9a-f]{${length}})`), 'i').exec(text);
  const alone = find('^HEX$');
  const first = find('^HEX[:$](.+)$');
  const last = find('^(.+)[:$]HEX$');
  return [
    ...(alone ? saltedDigest(password, digest, salt, Buffer.from(alone[1], 'hex')) : []),
    ...(first ? saltedDigest(password, digest, first[2], Buffer.from(first[1], 'hex')) : []),
    ...(last ? saltedDigest(password, digest, last[1], Buffer.from(last[2], 'hex')) : []),
  ];
}
