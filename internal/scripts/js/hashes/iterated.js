// SPDX-License-Identifier: MPL-2.0
/* global keyFits, inWorker, iteratedDigest */
/* exported iterated */

// What a key means that is the digest of a digest, and so on.
function iterated(digest, rounds, first, rest, key, length = key.length) {
  const work = (rounds / 32) * (1 + rest.length / 128);
  const derive = async () => (await inWorker(work, iteratedDigest, digest, rounds, first, rest)).subarray(0, length);
  return rounds >= 1 ? keyFits(key, work, derive) : [];
}
