// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported toUserId */

// The id that Auth0 sees: with the connection's prefix, as ids must not collide
// with those of another connection.
function toUserId(id) {
  return settings.userIdPrefix ? `${settings.userIdPrefix}|${id}` : id;
}
