// SPDX-License-Identifier: MPL-2.0
/* global scrypt */
/* exported readBetterAuth */

// <salt>:<hex> of better-auth: scrypt whose salt is the text in front of the colon.
function readBetterAuth(password, stored) {
  const match = /^([0-9a-f]{32}):([0-9a-f]{128})$/.exec(stored);
  return match ? scrypt(password.normalize('NFKC'), 16384, 16, 1, match[1], Buffer.from(match[2], 'hex')) : [];
}
