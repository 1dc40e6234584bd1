// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported inTurn */

// Computes a hash when it is its turn. A container has four threads for such work of
// all its calls: two are for what costs no more than new hashes, one is for what
// costs more, and one for what takes seconds, so that no stored hash holds up who has
// a usual one. What has waited for four seconds, or whose caller has been answered,
// is not begun: a crowd that cannot be served leaves nothing behind.
async function inTurn(work, compute) {
  const latest = Math.min(Date.now() + 4000, settings.until);
  global['auth0pg:turns'] ||= [2, 1, 1].map((free) => ({ free, waiting: [] }));
  const turns = global['auth0pg:turns'][(work > settings.hashWork) + (work > Math.max(settings.hashWork, 16384))];
  turns.free -= 1;
  try {
    if (turns.free < 0) {
      await new Promise((resolve) => { turns.waiting.push(resolve); });
    }
    if (Date.now() > latest) {
      throw { kind: 'late', cause: 'no turn for a hash in time' };
    }
    return await compute();
  } finally {
    turns.free += 1;
    turns.waiting.shift()?.();
  }
}
