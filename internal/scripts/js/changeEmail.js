// SPDX-License-Identifier: MPL-2.0
/* global answer, query, isEmail, refusal */
/* exported changeEmail */
function changeEmail(email, newEmail, verified, ...rest) {
  const settings = {};

  // Also called with the same address twice, to change only whether it is verified.
  answer(rest, async () => {
    if (!isEmail(email)) {
      return false;
    }
    if (!isEmail(newEmail)) {
      throw refusal('The new e-mail address cannot be used.');
    }
    try {
      const result = await query('set_email', { email, new_email: newEmail, verified: verified === true });
      return result.rowCount > 0;
    } catch (error) {
      if (error.code === '23505') { // unique_violation
        throw refusal('Another user has this e-mail address.');
      }
      throw error;
    }
  });
}
