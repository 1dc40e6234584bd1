// SPDX-License-Identifier: MPL-2.0
/* global settings, replaceHash, isPassword, hashPassword, failureOf */
/* exported rehash */

// Replaces a hash of another format than new ones, or that costs less, now that the
// password is known. A login that is right does not fail over it.
async function rehash(user, password, { format, work }) {
  if (!isPassword(password) || (format === settings.passwordHash && work >= settings.hashWork)) {
    return;
  }
  try {
    await replaceHash(user.id, user.password, await hashPassword(password));
  } catch (error) {
    console.error(`auth0pg ${settings.operation}: rehash: ${(error.kind ? error : failureOf(error)).cause}`);
  }
}
