// SPDX-License-Identifier: MPL-2.0
/* global wrongAnswer */
/* exported readText */

// A part of an answer that is text, or null.
function readText(given, name) {
  const value = given[name] ?? null;
  if (value !== null && typeof value !== 'string') {
    throw wrongAnswer(`something else than text or null as ${name}`);
  }
  return value;
}
