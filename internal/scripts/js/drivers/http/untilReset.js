// SPDX-License-Identifier: MPL-2.0
/* exported untilReset */

// The milliseconds until a limit is lifted, as Auth0 says in seconds since 1970; NaN where it says nothing, or where the limit
// is not what kept the request from being served.
function untilReset({ status, headers }) {
  const reset = headers.get('x-ratelimit-reset');
  return status === 429 && /^\d{1,12}$/.test(reset) ? Math.max(0, reset * 1000 - Date.now()) : NaN;
}
