// SPDX-License-Identifier: MPL-2.0
/* global settings, manage, userPath, passwordRefused, refusal, wrongAnswer */
/* exported changeUser */

// Changes the one user of a list, and says what came of it.
async function changeUser(users, values) {
  if (users.length > 1) {
    throw { kind: 'ambiguous', cause: 'several users for one address or user name' };
  }
  if (users.length === 0) {
    return 'none';
  }
  let changed;
  try {
    changed = await manage('PATCH', userPath(users[0].id), { ...values, connection: settings.tenant.connection });
  } catch (error) {
    if (error.status === 404) {
      return 'none';
    }
    if (passwordRefused(error)) {
      throw refusal('The password does not meet the rules of the user database.', error.cause);
    }
    if (error.status === 409 || (error.status === 400 && /already exists/.test(error.message))) {
      return 'conflict';
    }
    throw error;
  }
  if (changed?.user_id !== `auth0|${users[0].id}`) {
    throw wrongAnswer('another user than was changed');
  }
  return 'changed';
}
