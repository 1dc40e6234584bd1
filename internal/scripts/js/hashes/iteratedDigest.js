// SPDX-License-Identifier: MPL-2.0
/* exported iteratedDigest */

// The digest of first, and of each digest with rest after it. Runs in a thread of its own.
function iteratedDigest(digest, rounds, first, rest, length) {
  const { createHash } = require('crypto');
  let key = first;
  for (let round = 0; round < rounds; round += 1) {
    key = createHash(digest).update(key).update(round ? rest : '').digest();
  }
  return key.subarray(0, length);
}
