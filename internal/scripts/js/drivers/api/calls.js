// SPDX-License-Identifier: MPL-2.0
/* exported calls */

// What this script asks of the API: under which path, and which values under which names.
function calls() {
  return {};
}
