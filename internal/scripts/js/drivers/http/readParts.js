// SPDX-License-Identifier: MPL-2.0
/* global settings, readText, wrongAnswer */
/* exported readParts */

// The parts of the profile in an answer as the port has them, as many as the store has. What is of another type than agreed is
// refused, as a user who is blocked by "true" would get in.
function readParts(given) {
  const user = {};
  // if given:
  for (const part of ['username', 'nickname', 'name', 'given_name', 'family_name', 'picture', 'phone_number']) {
    user[part] = settings.parts.includes(part) ? readText(given, part) : null;
  }
  // end
  // if flags:
  for (const part of ['email_verified', 'phone_verified', 'blocked']) {
    if (settings.parts.includes(part)) {
      if (typeof given[part] !== 'boolean') {
        throw wrongAnswer(`neither true nor false as ${part}`);
      }
      user[part] = given[part];
    }
  }
  // end
  // Whoever is blocked stays out, also where the part is not named.
  user.blocked ??= ![undefined, null, false].includes(given.blocked);
  // if metadata:
  for (const part of ['user_metadata', 'app_metadata']) {
    const value = given[part] ?? null;
    user[part] = value === null || typeof value === 'string' ? value : JSON.stringify(value);
  }
  // end
  return user;
}
