// SPDX-License-Identifier: MPL-2.0
/* global isText */
/* exported passwordMatches */

// What the API says of the password. Whoever is not known has none that matches.
function passwordMatches(password, user) {
  return Boolean(user && isText(password, 10000) && user.password_matches);
}
