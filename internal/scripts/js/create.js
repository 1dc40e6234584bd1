// SPDX-License-Identifier: MPL-2.0
/* global answer, query, newUser */
/* exported create */
function create(user, ...rest) {
  const settings = {};

  answer(rest, async () => {
    const values = await newUser(user);
    try {
      await query('insert', values);
    } catch (error) {
      if (error.code === '23505') { // unique_violation
        throw new ValidationError('user_exists', 'The user already exists.');
      }
      throw error;
    }
  });
}
