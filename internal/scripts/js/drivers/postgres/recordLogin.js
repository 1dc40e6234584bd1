// SPDX-License-Identifier: MPL-2.0
/* global statements, change */
/* exported recordLogin */
async function recordLogin(id) {
  const key = ['record_migration', 'record_login'].find((name) => statements()[name]);
  return key ? change(key, { id }) : 'none';
}
