// SPDX-License-Identifier: MPL-2.0
/* global calls, ask */
/* exported change */

// Asks for a change of one user, and says what came of it.
async function change(key, values) {
  const wrong = (what) => ({ kind: 'unavailable', cause: `${calls()[key].path}: ${what}` });
  // if rpc:
  let rows;
  try {
    rows = await ask(key, values);
  } catch (error) {
    if (error.code === '23505') { // unique_violation
      return 'conflict';
    }
    throw error;
  }
  if (!Array.isArray(rows) || rows.length > 1) {
    throw wrong('no list of at most one changed user');
  }
  return rows.length === 1 ? 'changed' : 'none';
  // end
  // if web_service:
  const { result } = await ask(key, values);
  if (!['changed', 'none', 'conflict'].includes(result)) {
    throw wrong('a result that is none of changed, none and conflict');
  }
  return result;
  // end
}
