// SPDX-License-Identifier: MPL-2.0
/* global settings, manage, passwordRefused, sameText, wrongAnswer */
/* exported insertUser */

// The other tenant sends nobody a mail: this one does.
async function insertUser(user) {
  const values = { ...user, connection: settings.tenant.connection, email_verified: false, verify_email: false };
  for (const part of ['user_metadata', 'app_metadata']) {
    if (values[part]) {
      values[part] = JSON.parse(values[part]);
    }
  }
  let added;
  try {
    added = await manage('POST', 'users', values);
  } catch (error) {
    if (error.status === 409) {
      return 'conflict';
    }
    if (passwordRefused(error)) {
      throw new ValidationError('invalid_password', 'The password does not meet the rules of the user database.');
    }
    throw error;
  }
  if (!sameText(String(added?.email), user.email)) {
    throw wrongAnswer('another user than was added');
  }
  return 'changed';
}
