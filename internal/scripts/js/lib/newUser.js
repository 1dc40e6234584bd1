// SPDX-License-Identifier: MPL-2.0
/* global settings, isText, isEmail, isPassword, hashPassword */
/* exported newUser */

// Checks a sign-up and returns its values for the insert. Of what was asked for,
// only parts that the table has are looked at; none that says that someone was verified.
async function newUser(user) {
  const input = user && typeof user === 'object' ? user : {};
  if (!isEmail(input.email)) {
    throw new ValidationError('invalid_email', 'The e-mail address cannot be used.');
  }
  if (!isPassword(input.password)) {
    throw new ValidationError('invalid_password',
      `The password cannot be used: it must be text of at most ${settings.passwordBytes} bytes.`);
  }
  // if usernames:
  // As a user name, somebody else's address would keep that person from signing up.
  const isOthers = (name) => name.includes('@') && name.toLowerCase() !== input.email.toLowerCase();
  if (isText(input.username, 2048) && isOthers(input.username)) {
    throw new ValidationError('invalid_username', 'The value for username cannot be used.');
  }
  // end
  const values = { email: input.email };
  // if given:
  for (const part of ['username', 'nickname', 'name', 'given_name', 'family_name', 'picture', 'phone_number']) {
    const value = input[part];
    if (settings.parts.includes(part) && value !== undefined && value !== null && value !== '') {
      if (!isText(value, 2048)) {
        throw new ValidationError('invalid_' + part, `The value for ${part} cannot be used.`);
      }
      values[part] = value;
    }
  }
  // end
  // if metadata:
  for (const part of ['user_metadata', 'app_metadata']) {
    if (settings.parts.includes(part)) {
      const value = input[part];
      values[part] = JSON.stringify(value && typeof value === 'object' && !Array.isArray(value) ? value : {});
      if (values[part].length > 65536 || values[part].includes('\\u0000')) {
        throw new ValidationError('invalid_' + part, `The value for ${part} cannot be used.`);
      }
    }
  }
  // end
  values.password = await hashPassword(input.password);
  return values;
}
