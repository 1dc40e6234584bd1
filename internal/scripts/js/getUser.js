// SPDX-License-Identifier: MPL-2.0
/* global answer, findUser, toProfile */
/* exported getUser */
function getUser(identifier, ...rest) {
  const settings = {};

  answer(rest, async () => {
    const user = await findUser(identifier);
    return user ? toProfile(user) : undefined;
  });
}
