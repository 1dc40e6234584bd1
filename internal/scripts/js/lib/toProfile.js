// SPDX-License-Identifier: MPL-2.0
/* global settings, toUserId, toMetadata, limitProfile */
/* exported toProfile */

// The profile that login and get_user return alike. It is put together from named
// parts, so that nothing else of the user can get into it.
function toProfile(user) {
  const profile = { user_id: toUserId(user.id), email: user.email };
  // if texts:
  for (const part of ['username', 'picture', 'phone_number']) {
    if (user[part]) {
      profile[part] = user[part];
    }
  }
  // end
  // if names:
  for (const part of ['nickname', 'name', 'given_name', 'family_name']) {
    if (user[part]) {
      profile[part] = Array.from(user[part]).slice(0, 150).join(''); // Auth0's limit, in whole characters
    }
  }
  // end
  // if flags:
  for (const part of ['email_verified', 'phone_verified', 'blocked']) {
    if (settings.parts.includes(part)) {
      profile[part] = user[part];
    }
  }
  // end
  // if blocked_elsewhere:
  if (user.blocked) {
    profile.blocked = true;
  }
  // end
  // if user_metadata:
  const userMetadata = toMetadata(user.user_metadata, []);
  if (userMetadata) {
    profile.user_metadata = userMetadata;
  }
  // end
  // if app_metadata:
  // Names that Auth0 keeps for itself.
  const appMetadata = toMetadata(user.app_metadata, [
    '__tenant', '_id', 'blocked', 'clientID', 'created_at', 'email_verified', 'email', 'globalClientID', 'global_client_id',
    'identities', 'lastIP', 'lastLogin', 'loginsCount', 'metadata', 'multifactor_last_modified', 'multifactor', 'updated_at',
    'user_id',
  ]);
  if (appMetadata) {
    profile[settings.appMetadataKey] = appMetadata;
  }
  // end
  limitProfile(profile); // if large
  return profile;
}
