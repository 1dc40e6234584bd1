// SPDX-License-Identifier: MPL-2.0
/* global settings, toUserId, toMetadata, limitProfile */
/* exported toProfile */

// The profile that login and get_user return alike. It is put together from named
// columns, so that nothing else of the row can get into it.
function toProfile(row) {
  const profile = { user_id: toUserId(row.id), email: row.email };
  for (const part of ['username', 'picture', 'phone_number']) {
    if (row[part]) {
      profile[part] = row[part];
    }
  }
  for (const part of ['nickname', 'name', 'given_name', 'family_name']) {
    if (row[part]) {
      profile[part] = Array.from(row[part]).slice(0, 150).join(''); // Auth0's limit, in whole characters
    }
  }
  for (const part of ['email_verified', 'phone_verified', 'blocked']) {
    if (settings.parts.includes(part)) {
      profile[part] = row[part];
    }
  }
  const userMetadata = toMetadata(row.user_metadata, []);
  if (userMetadata) {
    profile.user_metadata = userMetadata;
  }
  // Names that Auth0 keeps for itself.
  const appMetadata = toMetadata(row.app_metadata, [
    '__tenant', '_id', 'blocked', 'clientID', 'created_at', 'email_verified', 'email', 'globalClientID', 'global_client_id',
    'identities', 'lastIP', 'lastLogin', 'loginsCount', 'metadata', 'multifactor_last_modified', 'multifactor', 'updated_at',
    'user_id',
  ]);
  if (appMetadata) {
    profile[settings.appMetadataKey] = appMetadata;
  }
  return limitProfile(profile);
}
