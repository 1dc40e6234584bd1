// SPDX-License-Identifier: MPL-2.0
/* global settings, isText, refusal */
/* exported fromUserId */

// The id in the table, or null when no row can have it.
function fromUserId(userId) {
  if (!isText(userId, 1024)) {
    return null;
  }
  const prefix = settings.userIdPrefix ? `${settings.userIdPrefix}|` : '';
  if (!userId.startsWith(prefix)) {
    throw refusal('The user belongs to another connection.', `a user id without the prefix ${prefix}`);
  }
  const id = userId.slice(prefix.length);
  const bits = { smallint: 16, integer: 32, bigint: 64 }[settings.idFormat];
  if (bits) {
    return /^-?\d{1,19}$/.test(id) && BigInt.asIntN(bits, BigInt(id)) === BigInt(id) ? id : null;
  }
  if (settings.idFormat === 'uuid') {
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id : null;
  }
  return id === '' ? null : id;
}
