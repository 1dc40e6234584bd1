// SPDX-License-Identifier: MPL-2.0
/* global answer, findUser, passwordMatches, toProfile, toUserId, record, rehash */
/* exported login */
function login(identifier, password, ...rest) {
  const settings = {};

  answer(rest, async () => {
    settings.password = password; // if gets_verdict
    const user = await findUser(identifier);
    // Compared for unknown users too, so that they take as long to refuse as those
    // whose hash has the cost of new ones.
    const match = await passwordMatches(password, user);
    if (!user || !match) {
      // The log tells the two apart by the first argument; the user must not be able to.
      throw new WrongUsernameOrPasswordError(user ? toUserId(user.id) : null, 'Wrong e-mail address, user name or password.');
    }
    // if blocked:
    if (user.blocked) {
      throw new UnauthorizedError('This account is blocked.');
    }
    // end
    await rehash(user, password, match); // if rehash
    await record(user); // if records
    return toProfile(user);
  });
}
