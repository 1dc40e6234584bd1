// SPDX-License-Identifier: MPL-2.0
/* global query, fitsID */
/* exported findUsersByID */
async function findUsersByID(id) {
  return fitsID(id) ? (await query('find_by_id', { id })).rows : [];
}
