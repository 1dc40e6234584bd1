// SPDX-License-Identifier: MPL-2.0
/* global refusal */
/* exported oneUser */

// The only row, or null when there is none. Several are refused: which of them
// was meant cannot be known.
function oneUser(rows) {
  if (rows.length > 1) {
    throw refusal('Several accounts share this address. Please contact support.',
      `${rows.length} rows or more for one address, user name or id`);
  }
  return rows.length === 1 ? rows[0] : null;
}
