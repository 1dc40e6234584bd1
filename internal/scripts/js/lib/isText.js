// SPDX-License-Identifier: MPL-2.0
/* exported isText */

// Whether the value is text that may go to the store. It is of bounded length, without
// NUL, which databases cannot hold, and without halves of surrogate pairs, which
// would arrive as another character.
function isText(value, maxLength) {
  return typeof value === 'string'
    && value.length > 0
    && value.length <= maxLength
    && !value.includes('\0')
    && value.isWellFormed();
}
