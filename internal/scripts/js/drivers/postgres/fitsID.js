// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported fitsID */

// Whether the column can hold the id: another one would be an error of the server.
function fitsID(id) {
  const bits = { smallint: 16, integer: 32, bigint: 64 }[settings.idFormat];
  if (bits) {
    return /^-?\d{1,19}$/.test(id) && BigInt.asIntN(bits, BigInt(id)) === BigInt(id);
  }
  return settings.idFormat !== 'uuid' || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
}
