// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported orConflict */

// What a change answers, or that another user has the address or the name. The server says in any language which columns
// a unique index has, "(lower(email))=(…)", unless the role may not see them. They stand before any value; a name between
// quotes may have anything in it.
async function orConflict(changing) {
  try {
    return await changing;
  } catch (error) {
    if (error.code === '23505') { // unique_violation
      const [, columns] = /\(((?:"[^"]*"|[^"])*?)\)=\(/.exec(error.detail) || [];
      const names = columns?.match(/"(?:[^"]|"")*"|[^\s"(),:]+/g);
      if (!names || settings.keys.some((key) => names.includes(key) || names.includes(`"${key}"`))) {
        return 'conflict';
      }
    }
    throw error;
  }
}
