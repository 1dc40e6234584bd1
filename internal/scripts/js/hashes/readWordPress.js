// SPDX-License-Identifier: MPL-2.0
/* global readBcrypt, wordPressKey */
/* exported readWordPress */

// $wp$2y$<cost>$<salt and key> of WordPress from 6.8 on.
function readWordPress(password, stored) {
  return stored.startsWith('$wp$') ? readBcrypt(wordPressKey(password), stored.slice(3)) : [];
}
