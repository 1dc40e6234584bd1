// SPDX-License-Identifier: MPL-2.0
/* global answer, insertUser, newUser, findUser, toProfile */
/* exported create */
function create(user, ...rest) {
  const settings = {};

  answer(rest, async () => {
    if (await insertUser(await newUser(user)) === 'conflict') {
      throw new ValidationError('user_exists', 'The user already exists.');
    }
    // if answers_profile:
    const created = await findUser(user.email);
    return created ? toProfile(created) : undefined;
    // end
  });
}
