// SPDX-License-Identifier: MPL-2.0
/* exported recordLogin */

// The other tenant has noted the login by itself.
async function recordLogin() {
  return 'changed';
}
