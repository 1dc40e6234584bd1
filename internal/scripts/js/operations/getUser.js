// SPDX-License-Identifier: MPL-2.0
/* global answer, findUser, findUserByID, toProfile */
/* exported getUser */
function getUser(identifier, ...rest) {
  const settings = {};

  answer(rest, async () => {
    const context = rest.length > 1 ? rest[0] : null;
    const byID = context && context.identifierType === 'user_id';
    const user = byID ? await findUserByID(identifier) : await findUser(identifier);
    return user ? toProfile(user) : undefined;
  });
}
