// SPDX-License-Identifier: MPL-2.0
/* global query */
/* exported change */

// Runs a statement that changes one user, and says what came of it.
async function change(key, values) {
  const { rowCount } = await query(key, values);
  return rowCount > 0 ? 'changed' : 'none';
}
