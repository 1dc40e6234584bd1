// SPDX-License-Identifier: MPL-2.0
/* global query, notForgotten */
/* exported findUsers */

// An address goes before a user name that looks the same.
async function findUsers(identifier) {
  let { rows } = await query('find', { identifier });
  rows = notForgotten(rows); // if forgets
  // if usernames:
  const byEmail = rows.filter((row) => row.found_by_email !== false);
  if (byEmail.length > 0) {
    return byEmail;
  }
  // end
  return rows;
}
