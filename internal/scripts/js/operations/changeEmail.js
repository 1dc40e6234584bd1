// SPDX-License-Identifier: MPL-2.0
/* global answer, setEmail, isEmail, refusal */
/* exported changeEmail */
function changeEmail(email, newEmail, verified, ...rest) {
  const settings = {};

  // Also called with the same address twice, to change only whether it is verified.
  answer(rest, async () => {
    if (!isEmail(email)) {
      return false;
    }
    if (!isEmail(newEmail)) {
      throw refusal('The new e-mail address cannot be used.');
    }
    const outcome = await setEmail(email, newEmail, verified === true);
    if (outcome === 'conflict') {
      throw refusal('Another user has this e-mail address.');
    }
    return outcome === 'changed';
  });
}
