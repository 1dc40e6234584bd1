// SPDX-License-Identifier: MPL-2.0
/* global settings, query, isPassword, hashPassword, isWeaker, describeError */
/* exported rehash */

// Replaces a hash that is weaker than those for new passwords, now that the
// password is known. A login that is right does not fail over it.
async function rehash(user, password) {
  if (!settings.statements.rehash || !isPassword(password) || !isWeaker(user.password)) {
    return;
  }
  try {
    await query('rehash', { id: user.id, password: await hashPassword(password), old_password: user.password });
  } catch (error) {
    console.error(`auth0pg ${settings.operation}: rehash: ${describeError(error)}`);
  }
}
