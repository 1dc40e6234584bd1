// SPDX-License-Identifier: MPL-2.0
/* global settings, query, describeError */
/* exported record */

// Keeps when the user logged in, or was handed to Auth0, where the table has a
// column for it. A login that is right does not fail over its record.
async function record(user) {
  const { statements, importMode } = settings;
  const name = importMode && statements.record_migration ? 'record_migration' : 'record_login';
  if (!statements[name]) {
    return;
  }
  try {
    await query(name, { id: user.id });
  } catch (error) {
    console.error(`auth0pg ${settings.operation}: ${name}: ${describeError(error)}`);
  }
}
