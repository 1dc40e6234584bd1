// SPDX-License-Identifier: MPL-2.0
/* global keyFits */
/* exported saltedDigest */

// What a digest means: what was hashed may have the salt on either side.
function saltedDigest(password, digest, salt, key) {
  const orders = salt ? [salt + password, password + salt] : [password];
  return orders.flatMap((text) => keyFits(key, 0, () => require('crypto').createHash(digest).update(text).digest()));
}
