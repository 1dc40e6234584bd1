// SPDX-License-Identifier: MPL-2.0
/* global describeAnswer, wrongAnswer */
/* exported readAnswer */

// What an answer of the Management API holds, or the error that it stands for, with the server's words in message, which may
// quote a user's values and are no part of the cause. Its status is that of the API: what something in front of it answers says
// nothing of users and has none.
function readAnswer(what, answer) {
  let given;
  try {
    given = JSON.parse(answer.text);
  } catch {
    // Told below.
  }
  if (answer.status === 204) {
    return null;
  }
  if (answer.status === 200 || answer.status === 201) {
    if (!given || !/^application\/json\b/i.test(answer.type) || given.error) {
      throw wrongAnswer(`HTTP ${answer.status} and ${given?.error ? 'an error in it' : 'no JSON'}`);
    }
    return given;
  }
  const kinds = { 400: 'unfit', 413: 'unfit', 504: 'late', late: 'late' };
  throw {
    kind: kinds[answer.code] || kinds[answer.status] || 'unavailable', cause: describeAnswer(what, answer),
    status: given?.statusCode === answer.status && answer.status, message: String(given?.message),
  };
}
