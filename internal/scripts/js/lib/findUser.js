// SPDX-License-Identifier: MPL-2.0
/* global query, isIdentifier, oneUser */
/* exported findUser */

// Returns the row of the user with this address or name, or null. An address
// goes before a user name that looks the same.
async function findUser(identifier) {
  if (!isIdentifier(identifier)) {
    return null;
  }
  const { rows } = await query('find', { identifier });
  const byEmail = rows.filter((row) => row.found_by_email !== false);
  return oneUser(byEmail.length > 0 ? byEmail : rows);
}
