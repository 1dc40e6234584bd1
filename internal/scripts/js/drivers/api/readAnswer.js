// SPDX-License-Identifier: MPL-2.0
/* global describeAnswer */
/* exported readAnswer */

// What an answer holds, or the error that it stands for.
function readAnswer(path, answer) {
  let given;
  try {
    given = JSON.parse(answer.text);
  } catch {
    // Told below.
  }
  if (answer.status === 200) {
    if (!given || !/^application\/([\w.+-]+\+)?json\b/i.test(answer.type) || given.error) {
      throw { kind: 'unavailable', cause: `${path}: HTTP 200, and ${given?.error ? 'an error in it' : 'no JSON'}` };
    }
    return given;
  }
  const kinds = {
    413: 'unfit', 504: 'late', late: 'late',
    // if web_service:
    ambiguous: 'ambiguous', needed: 'needed', unfit: 'unfit', too_large: 'unfit',
    // end
    // if rpc:
    21000: 'ambiguous', 23502: 'unfit', 23503: 'needed', 23505: 'unfit', 23514: 'unfit', 57014: 'late',
    // end
  };
  let code = answer.code;
  code = given?.error; // if web_service
  code = given?.code; // if rpc
  code = String(code || answer.code);
  const kind = (Object.hasOwn(kinds, code) && kinds[code]) || kinds[answer.status];
  throw {
    kind: kind || (/^22...$/.test(code) ? 'unfit' : 'unavailable'), cause: describeAnswer(path, answer), code,
  };
}
