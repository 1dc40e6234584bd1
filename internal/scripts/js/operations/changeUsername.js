// SPDX-License-Identifier: MPL-2.0
/* global answer, setUsername, isIdentifier, refusal */
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
    const outcome = await setUsername(username, newUsername);
    if (outcome === 'conflict') {
      throw refusal('Another user has this user name.');
    }
    if (outcome === 'none' && newUsername.includes('@')) { // the store takes only the user's own address
      throw refusal('The new user name cannot be used.');
    }
    return outcome === 'changed';
  });
}
