// SPDX-License-Identifier: MPL-2.0
/* exported wordPressKey */

// What WordPress gives to bcrypt. It takes spaces away as PHP's trim does.
function wordPressKey(password) {
  const trimmed = password.replace(/^[ \t\n\r\v\0]+|[ \t\n\r\v\0]+$/g, '');
  return require('crypto').createHmac('sha384', 'wp-sha384').update(trimmed).digest('base64');
}
