// SPDX-License-Identifier: MPL-2.0
/* exported passwordRefused */

// Whether the other tenant's rules for passwords are what an error is about.
function passwordRefused(error) {
  return error.status === 400 && /^Password\w*Error\b/.test(error.message);
}
