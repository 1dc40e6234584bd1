// SPDX-License-Identifier: MPL-2.0
/* global change */
/* exported insertUser */
async function insertUser({ password, ...given }) {
  const profile = {};
  for (const part of ['email', 'username', 'nickname', 'name', 'given_name', 'family_name', 'picture', 'phone_number']) {
    profile[part] = given[part] ?? null;
  }
  for (const part of ['user_metadata', 'app_metadata']) {
    profile[part] = given[part] ? JSON.parse(given[part]) : null;
  }
  const outcome = await change('insert', { ...profile, profile, password }, 'conflict');
  if (outcome === 'none') {
    throw { kind: 'unavailable', cause: 'the API added nobody' };
  }
  return outcome;
}
