// SPDX-License-Identifier: MPL-2.0
/* exported users */

// The users of this process, each with the parts that a sign-up brought.
function users() {
  global.usersInMemory = global.usersInMemory || [];
  return global.usersInMemory;
}
