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
    try {
      return toProfile(await findUser(user.email));
    } catch {
      console.error('auth0pg create: the new user was stored and could not be read');
      return undefined; // a failure now would have the user sign up once more
    }
    // end
  });
}
