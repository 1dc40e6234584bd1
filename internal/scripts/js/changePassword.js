// SPDX-License-Identifier: MPL-2.0
/* global answer, query, isEmail, hashPassword */
/* exported changePassword */
function changePassword(email, newPassword, ...rest) {
  const settings = {};

  answer(rest, async () => {
    if (!isEmail(email)) {
      return false;
    }
    // Hashed before a connection is taken, which hashing would hold up.
    const password = await hashPassword(newPassword);
    const result = await query('set_password', { email, password });
    if (result.rowCount === 0) {
      return false;
    }
    return settings.parts.includes('last_password_reset') ? { last_password_reset: new Date() } : true;
  });
}
