// SPDX-License-Identifier: MPL-2.0
/* exported login */
function login(identifier, password, ...rest) {
  const settings = {};

  // The migration is finished: Auth0 has the users and finds nobody else here.
  const callback = rest[rest.length - 1];
  return callback(null, null);
}
