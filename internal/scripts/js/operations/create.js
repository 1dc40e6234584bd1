// SPDX-License-Identifier: MPL-2.0
/* global answer, insertUser, newUser */
/* exported create */
function create(user, ...rest) {
  const settings = {};

  answer(rest, async () => {
    if (await insertUser(await newUser(user)) === 'conflict') {
      throw new ValidationError('user_exists', 'The user already exists.');
    }
  });
}
