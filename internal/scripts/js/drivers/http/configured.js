// SPDX-License-Identifier: MPL-2.0
/* global configuration */
/* exported configured */

// What the connection's configuration has under a key.
function configured(key) {
  if (!configuration[key]) {
    throw { kind: 'unavailable', cause: `configuration.${key} is not set` };
  }
  return configuration[key];
}
