// SPDX-License-Identifier: MPL-2.0
/* global answer, query, isEmail */
/* exported verify */
function verify(email, ...rest) {
  const settings = {};

  answer(rest, async () => {
    if (!isEmail(email)) {
      return false;
    }
    const result = await query('mark_verified', { email });
    return result.rowCount > 0;
  });
}
