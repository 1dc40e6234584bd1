// SPDX-License-Identifier: MPL-2.0
/* exported bcryptPrefix */

// What these programs put before a hash of bcrypt.
function bcryptPrefix(format) {
  return { spring_bcrypt: '{bcrypt}', django_bcrypt: 'bcrypt$', nextcloud_bcrypt: '1|' }[format];
}
