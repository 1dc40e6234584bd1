// SPDX-License-Identifier: MPL-2.0
/* exported wrongAnswer */

// An answer that is none, for the log.
function wrongAnswer(what) {
  return { kind: 'unavailable', cause: `an answer with ${what}` };
}
