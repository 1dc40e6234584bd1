// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported isWeaker */

// Whether a stored hash is another than bcrypt, or bcrypt with fewer rounds than new ones.
function isWeaker(stored) {
  const match = /^\$2[aby]\$(\d\d)\$/.exec(stored);
  return !match || Number(match[1]) < settings.bcryptRounds;
}
