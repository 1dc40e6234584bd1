// SPDX-License-Identifier: MPL-2.0
/* exported secret */

// A key that the connection's configuration holds.
function secret(name) {
  if (!configuration[name]) {
    throw { kind: 'unavailable', cause: `configuration.${name} is not set` };
  }
  return configuration[name];
}
