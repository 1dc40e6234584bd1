// SPDX-License-Identifier: MPL-2.0
/* exported orConflict */

// What a change answers, or that another user has the value.
async function orConflict(changing) {
  try {
    return await changing;
  } catch (error) {
    if (error.code === '23505') { // unique_violation
      return 'conflict';
    }
    throw error;
  }
}
