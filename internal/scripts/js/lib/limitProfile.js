// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported limitProfile */

// Auth0 takes profiles of at most 10 kB. What a user can do without is left out of a larger
// one, the largest part first. app_metadata always stays: what a user must not do may be
// written there, and no other part may grow until it is gone. Where it is too large by
// itself, Auth0 refuses the login.
function limitProfile(profile) {
  const size = (value) => Buffer.byteLength(JSON.stringify(value));
  while (size(profile) > 10000) {
    const [largest] = ['user_metadata', 'picture', 'phone_number']
      .filter((part) => part in profile)
      .sort((a, b) => size(profile[b]) - size(profile[a]));
    if (!largest) {
      break;
    }
    delete profile[largest];
    console.error(`auth0pg ${settings.operation}: ${largest} is left out, as the profile would be larger than 10 kB`);
  }
}
