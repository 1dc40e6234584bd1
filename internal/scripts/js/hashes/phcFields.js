// SPDX-License-Identifier: MPL-2.0
/* exported phcFields */

// The fields of $<name>$<parameters>$<salt>$<key>, or null. passlib's base64 has . for +,
// and its only parameter no name.
function phcFields(stored) {
  const match = /^\$([^$]+)\$([^$]*)\$([A-Za-z0-9+/.]*={0,2})\$([A-Za-z0-9+/.]*={0,2})$/.exec(stored);
  if (!match) {
    return null;
  }
  const [, name, text, ...parts] = match;
  const number = (parameter) => Number((new RegExp(`(?:^|,)${parameter}=(\\d{1,8})(?:,|$)`).exec(text) || [])[1]);
  const [salt, key] = parts.map((part) => Buffer.from(part.replace(/\./g, '+'), 'base64'));
  return { name, text, number, salt, key };
}
