// SPDX-License-Identifier: MPL-2.0
/* global wordPressKey, writeBcrypt */
/* exported writeWordPress */
async function writeWordPress(password) {
  return `$wp${await writeBcrypt(wordPressKey(password))}`;
}
