// SPDX-License-Identifier: MPL-2.0
/* global settings, manage, passwordRefused */
/* exported insertUser */

// The other tenant sends nobody a mail: this one does.
async function insertUser(user) {
  const values = { ...user, connection: settings.tenant.connection, email_verified: false, verify_email: false };
  for (const part of ['user_metadata', 'app_metadata']) {
    if (values[part]) {
      values[part] = JSON.parse(values[part]);
    }
  }
  try {
    await manage('POST', 'users', values);
  } catch (error) {
    if (error.status === 409) {
      return 'conflict';
    }
    if (passwordRefused(error)) {
      throw new ValidationError('invalid_password', 'The password does not meet the rules of the user database.');
    }
    throw error;
  }
  return 'changed';
}
