// SPDX-License-Identifier: MPL-2.0
/* global answer, markVerified, isEmail */
/* exported verify */
function verify(email, ...rest) {
  const settings = {};

  answer(rest, async () => isEmail(email) && await markVerified(email) === 'changed');
}
