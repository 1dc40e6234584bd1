// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported refusal */

// An error whose message a user may see. The cause goes to the log.
function refusal(message, cause) {
  if (cause) {
    console.error(`auth0pg ${settings.operation}: ${cause}`);
  }
  const error = new Error(message);
  error.isPlain = true;
  return error;
}
