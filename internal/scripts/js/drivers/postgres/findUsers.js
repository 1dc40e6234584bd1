// SPDX-License-Identifier: MPL-2.0
/* global query, notForgotten */
/* exported findUsers */

// An address goes before a user name that looks the same, also that of somebody who is forgotten.
async function findUsers(identifier) {
  let { rows } = await query('find', { identifier });
  // if usernames:
  const byEmail = rows.filter((row) => row.found_by_email !== false);
  rows = byEmail.length > 0 ? byEmail : rows;
  // end
  rows = notForgotten(rows); // if forgets
  return rows;
}
