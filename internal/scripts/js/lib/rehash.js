// SPDX-License-Identifier: MPL-2.0
/* global settings, replaceHash, isPassword, hashPassword, isWeaker, failureOf */
/* exported rehash */

// Replaces a hash that is weaker than those for new passwords, now that the
// password is known. A login that is right does not fail over it.
async function rehash(user, password) {
  if (!isPassword(password) || !isWeaker(user.password)) {
    return;
  }
  try {
    await replaceHash(user.id, user.password, await hashPassword(password));
  } catch (error) {
    console.error(`auth0pg ${settings.operation}: rehash: ${failureOf(error).cause}`);
  }
}
