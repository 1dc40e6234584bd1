// SPDX-License-Identifier: MPL-2.0
/* exported describeError */

// What the log may say of an error. Messages of the server about data or from
// triggers may quote a user's values, so those are told by their code and names.
function describeError(error) {
  // Not from the server: network, TLS or driver.
  if (typeof error.severity !== 'string') {
    return `${error.code || error.name}: ${error.message}`;
  }
  const safe = /^(08|28|3D|42|53|55|57)/.test(error.code);
  const names = ['schema', 'table', 'column', 'dataType', 'constraint']
    .filter((key) => error[key])
    .map((key) => `${key} ${error[key]}`);
  // if computes:
  if (error.code.startsWith('22') && error.computed) { // it does not say which
    names.push(`one of the columns that get what is computed: ${error.computed.join(', ')}`);
  }
  // end
  return [`SQLSTATE ${error.code}`, safe ? error.message : '', ...names].filter(Boolean).join(', ');
}
