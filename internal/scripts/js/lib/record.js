// SPDX-License-Identifier: MPL-2.0
/* global settings, recordLogin, failureOf */
/* exported record */

// Keeps when the user logged in, or was handed to Auth0, where the store has a
// place for it. A login that is right does not fail over its record.
async function record(user) {
  try {
    await recordLogin(user.id);
  } catch (error) {
    console.error(`auth0pg ${settings.operation}: recordLogin: ${failureOf(error).cause}`);
  }
}
