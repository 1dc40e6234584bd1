// SPDX-License-Identifier: MPL-2.0
/* global calls, ask */
/* exported change */

// Asks for a change of one user, and says what came of it. It is what the answer says: changed, none, or one of the others
// that the change may come to.
async function change(key, values, ...others) {
  // if rpc:
  let rows;
  try {
    rows = await ask(key, values);
  } catch (error) {
    if (error.code === '23505' && others.includes('conflict')) { // unique_violation
      return 'conflict';
    }
    throw error;
  }
  if (!['[]', '[true]'].includes(JSON.stringify(rows))) {
    throw { kind: 'unavailable', cause: `${calls()[key].path}: neither [true] nor []` };
  }
  return rows.length > 0 ? 'changed' : 'none';
  // end
  // if web_service:
  const { result } = await ask(key, values);
  if (!['changed', 'none', ...others].includes(result)) {
    throw { kind: 'unavailable', cause: `${calls()[key].path}: a result that is none here` };
  }
  return result;
  // end
}
