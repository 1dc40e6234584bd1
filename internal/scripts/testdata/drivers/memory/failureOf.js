// SPDX-License-Identifier: MPL-2.0
/* exported failureOf */
function failureOf(error) {
  return { kind: 'unavailable', cause: error.message };
}
