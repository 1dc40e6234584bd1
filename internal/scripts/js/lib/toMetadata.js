// SPDX-License-Identifier: MPL-2.0
/* exported toMetadata */

// The object that the column holds, or null: other JSON is no metadata.
function toMetadata(text) {
  if (typeof text !== 'string') { // no value, or no such part
    return null;
  }
  try {
    const value = JSON.parse(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
