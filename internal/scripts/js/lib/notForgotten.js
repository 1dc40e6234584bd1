// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported notForgotten */

// Leaves out who was handed to Auth0 longer ago than the settings say: Auth0 has them, or has deleted them.
// Who is not marked has null, which is the number 0; what is no number is forgotten as little. Who shares an address with
// somebody is not told from them by that: one of several is none alone.
function notForgotten(users) {
  return users.every((row) => Number(row.migrated_ago) > settings.forgetAfter) ? [] : users;
}
