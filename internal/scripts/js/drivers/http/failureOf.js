// SPDX-License-Identifier: MPL-2.0
/* exported failureOf */

// What went wrong, in the port's words. What the driver throws has them already.
function failureOf(error) {
  return error.kind ? error : { kind: 'unavailable', cause: String(error.code || error.name) };
}
