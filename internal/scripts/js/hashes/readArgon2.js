// SPDX-License-Identifier: MPL-2.0
/* global keyFits, argon2 */
/* exported readArgon2 */

// $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<key>, also of the types 2i and 2d, and
// behind what Django, Spring and Nextcloud put before it.
function readArgon2(password, stored) {
  const match = new RegExp('^(?:argon2|\\d\\||\\{argon2(?:@SpringSecurity_v5_8)?\\})?\\$argon2(id?|d)\\$(?:v=(16|19)\\$)?'
    + 'm=(\\d{1,7}),t=(\\d{1,5}),p=(\\d{1,3})\\$([A-Za-z0-9+/]{11,})\\$([A-Za-z0-9+/]{22,})$').exec(stored);
  if (!match) {
    return [];
  }
  const [version, memory, passes, lanes] = [match[2] || 16, match[3], match[4], match[5]].map(Number);
  const [salt, key] = [match[6], match[7]].map((text) => Buffer.from(text, 'base64'));
  const work = (memory * passes) / 8;
  const possible = lanes >= 1 && memory >= 8 * lanes && memory <= 2 ** 17 && passes >= 1;
  const type = ['d', 'i', 'id'].indexOf(match[1]);
  return possible ? keyFits(key, work, () => argon2(work, type, version, memory, passes, lanes, salt, key.length, password)) : [];
}
