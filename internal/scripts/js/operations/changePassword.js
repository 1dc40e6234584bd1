// SPDX-License-Identifier: MPL-2.0
/* global answer, setPassword, isEmail, isPassword, hashPassword, refusal */
/* exported changePassword */
function changePassword(email, newPassword, ...rest) {
  const settings = {};

  answer(rest, async () => {
    if (!isEmail(email)) {
      return false;
    }
    if (!isPassword(newPassword)) {
      throw refusal(`The password cannot be used: it must be text of at most ${settings.passwordBytes} bytes.`);
    }
    // Hashed before the store is asked, which hashing would hold up.
    const hash = await hashPassword(newPassword);
    if (await setPassword(email, hash) !== 'changed') {
      return false;
    }
    return settings.parts.includes('last_password_reset') ? { last_password_reset: new Date() } : true;
  });
}
