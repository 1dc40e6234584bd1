// SPDX-License-Identifier: MPL-2.0
/* exported describeAnswer */

// What the log may say of an answer: its status and the code of its error. Messages may quote a user's values.
function describeAnswer(what, { status, code, text }) {
  if (status === 0) {
    return `${what}: ${code}`;
  }
  let error;
  try {
    const given = JSON.parse(text);
    error = given.errorCode || given.error || given.code;
  } catch {
    // No JSON: the status says it.
  }
  return `${what}: HTTP ${status}${/^[\w-]{1,40}$/.test(error) ? ` ${error}` : ''}`;
}
