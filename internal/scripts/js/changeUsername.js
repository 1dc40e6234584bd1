// SPDX-License-Identifier: MPL-2.0
/* global answer, query, isIdentifier, refusal */
/* exported changeUsername */
function changeUsername(username, newUsername, ...rest) {
  const settings = {};

  answer(rest, async () => {
    if (!isIdentifier(username)) {
      return false;
    }
    if (!isIdentifier(newUsername)) {
      throw refusal('The new user name cannot be used.');
    }
    try {
      const result = await query('set_username', { username, new_username: newUsername });
      if (result.rowCount === 0 && newUsername.includes('@')) { // the statement takes only the user's own address
        throw refusal('The new user name cannot be used.');
      }
      return result.rowCount > 0;
    } catch (error) {
      if (error.code === '23505') { // unique_violation
        throw refusal('Another user has this user name.');
      }
      throw error;
    }
  });
}
