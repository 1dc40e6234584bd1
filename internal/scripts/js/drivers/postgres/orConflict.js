// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported orConflict */

// What a change answers, or that another user has the address or the name. The server says in any language which columns
// a unique index has, "(lower(email))=(…)", unless the role may not see them.
async function orConflict(changing) {
  try {
    return await changing;
  } catch (error) {
    const [, columns] = /\((.*?)\)=\(/.exec(error.detail) || [];
    if (error.code === '23505' && (!columns || settings.keys.some((key) => columns.includes(key)))) { // unique_violation
      return 'conflict';
    }
    throw error;
  }
}
