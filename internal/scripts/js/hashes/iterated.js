// SPDX-License-Identifier: MPL-2.0
/* global keyFits, inWorker, iteratedDigest */
/* exported iterated */

// What a digest of digests means, perhaps cut off.
function iterated(digest, rounds, first, rest, key) {
  const work = (rounds / 32) * (1 + rest.length / 128);
  return keyFits(key, work, () => inWorker(work, iteratedDigest, digest, rounds, first, rest, key.length));
}
