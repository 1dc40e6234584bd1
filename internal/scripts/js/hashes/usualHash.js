// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported usualHash */

// The hash that stands in for that of a user who is not there: one of the cost that
// most users have who have logged in, or tried to, in this container. What takes
// more than a second is not taken for usual.
function usualHash(user, work) {
  const seen = global[`auth0pg:usual:${settings.legacyHashes}`] ||= new Map();
  if (work > 0 && work <= 16384) {
    if (seen.size > 20) {
      seen.clear();
    }
    const { password, password_salt } = user;
    seen.set(work, { password, password_salt, count: (seen.get(work)?.count || 0) + 1 });
  }
  const start = { password: settings.dummyHash, count: 0 };
  return [...seen.values()].reduce((most, next) => (next.count > most.count ? next : most), start);
}
