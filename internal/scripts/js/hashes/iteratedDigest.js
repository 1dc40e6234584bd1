// SPDX-License-Identifier: MPL-2.0
/* exported iteratedDigest */

// The digest of first, and of each digest with rest after it. Runs in a thread of its own.
function iteratedDigest(digest, rounds, first, rest) {
  const { createHash } = require('crypto');
  let key = createHash(digest).update(first).digest();
  for (let round = 1; round < rounds; round += 1) {
    key = createHash(digest).update(key).update(rest).digest();
  }
  return key;
}
