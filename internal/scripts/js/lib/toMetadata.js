// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported toMetadata */

// The object that the column holds, or null: other JSON is no metadata. Auth0 takes no keys
// with a dot or a dollar sign, and in app_metadata none of its own names. They are left out,
// as a user must not be locked out by what was stored once.
function toMetadata(text, reserved) {
  if (typeof text !== 'string') { // no value, or no such part
    return null;
  }
  let left = 0;
  const clean = (value, refused) => {
    if (Array.isArray(value)) {
      return value.map((item) => clean(item, []));
    }
    if (value === null || typeof value !== 'object') {
      return value;
    }
    const entries = Object.entries(value).filter(([key]) => !/[.$]/.test(key) && !refused.includes(key));
    left += Object.keys(value).length - entries.length;
    return Object.fromEntries(entries.map(([key, inner]) => [key, clean(inner, [])]));
  };
  try {
    const value = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      return null;
    }
    const metadata = clean(value, reserved);
    if (left > 0) { // the names may be a user's data
      console.error(`auth0pg ${settings.operation}: ${left} keys of the metadata are left out: Auth0 does not take their names`);
    }
    return metadata;
  } catch { // no JSON, or nested too deeply
    return null;
  }
}
