// SPDX-License-Identifier: MPL-2.0
/* global query, fitsID, notForgotten */
/* exported findUsersByID */
async function findUsersByID(id) {
  let rows = fitsID(id) ? (await query('find_by_id', { id })).rows : [];
  rows = notForgotten(rows); // if forgets
  return rows;
}
