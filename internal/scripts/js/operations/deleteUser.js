// SPDX-License-Identifier: MPL-2.0
/* global answer, removeUser, fromUserId */
/* exported deleteUser */
function deleteUser(userId, ...rest) {
  const settings = {};

  answer(rest, async () => {
    const id = fromUserId(userId);
    // To delete nobody is success: what was asked for is so.
    if (id !== null) {
      await removeUser(id);
    }
  });
}
