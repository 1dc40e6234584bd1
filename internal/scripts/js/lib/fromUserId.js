// SPDX-License-Identifier: MPL-2.0
/* global settings, isText, refusal */
/* exported fromUserId */

// The id in the store, or null when no user can have it.
function fromUserId(userId) {
  if (!isText(userId, 1024)) {
    return null;
  }
  const prefix = settings.userIdPrefix ? `${settings.userIdPrefix}|` : '';
  if (!userId.startsWith(prefix)) {
    throw refusal('The user belongs to another connection.', `a user id without the prefix ${prefix}`);
  }
  return userId.slice(prefix.length) || null;
}
