// SPDX-License-Identifier: MPL-2.0
/* global users */
/* exported changeFirst */
function changeFirst(match, apply) {
  const user = users().find(match);
  if (!user) {
    return 'none';
  }
  apply(user);
  return 'changed';
}
