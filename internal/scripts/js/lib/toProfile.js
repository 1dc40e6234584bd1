// SPDX-License-Identifier: MPL-2.0
/* global settings, toUserId, toMetadata */
/* exported toProfile */

// The profile that login and get_user return alike. It is put together from named
// columns, so that nothing else of the row can get into it.
function toProfile(row) {
  const profile = { user_id: toUserId(row.id), email: row.email };
  for (const part of ['username', 'nickname', 'name', 'given_name', 'family_name', 'picture', 'phone_number']) {
    if (row[part]) {
      profile[part] = row[part];
    }
  }
  for (const part of ['email_verified', 'phone_verified', 'blocked']) {
    if (settings.parts.includes(part)) {
      profile[part] = row[part];
    }
  }
  const userMetadata = toMetadata(row.user_metadata);
  if (userMetadata) {
    profile.user_metadata = userMetadata;
  }
  const appMetadata = toMetadata(row.app_metadata);
  if (appMetadata) {
    profile[settings.appMetadataKey] = appMetadata;
  }
  return profile;
}
