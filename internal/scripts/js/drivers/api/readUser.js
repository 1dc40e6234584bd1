// SPDX-License-Identifier: MPL-2.0
/* global settings, isText */
/* exported readUser */

// A user of an answer as the port has it, put together from the parts that the store has. What is of another type than
// agreed is refused, as a user who is blocked by "true" would get in.
function readUser(given) {
  const wrong = (what) => ({ kind: 'unavailable', cause: `the API gives ${what}` });
  let { id } = Object(given);
  id = Object(given).user_id; // if web_service
  if (!isText(id, 1024) || !isText(given.email, 2048)) {
    throw wrong('a user without an id and an address as text');
  }
  const user = { id, email: given.email, migrated_ago: given.migrated_ago };
  const text = (name) => {
    const value = given[name] ?? null;
    if (value !== null && typeof value !== 'string') {
      throw wrong(`something else than text or null as ${name}`);
    }
    return value;
  };
  // if given:
  for (const part of ['username', 'nickname', 'name', 'given_name', 'family_name', 'picture', 'phone_number']) {
    user[part] = settings.parts.includes(part) ? text(part) : null;
  }
  // end
  // if flags:
  for (const part of ['email_verified', 'phone_verified', 'blocked']) {
    if (settings.parts.includes(part)) {
      if (typeof given[part] !== 'boolean') {
        throw wrong(`neither true nor false as ${part}`);
      }
      user[part] = given[part];
    }
  }
  // end
  // if metadata:
  for (const part of ['user_metadata', 'app_metadata']) {
    const value = given[part] ?? null;
    user[part] = value === null || typeof value === 'string' ? value : JSON.stringify(value);
  }
  // end
  // if gets_hash:
  user.password = text('password'); // if rpc
  user.password = text('password_hash'); // if web_service
  user.password_salt = text('password_salt');
  // end
  // if gets_verdict:
  if (typeof given.password_matches !== 'boolean') {
    throw wrong('neither true nor false as password_matches');
  }
  user.password_matches = given.password_matches;
  // end
  return user;
}
