// SPDX-License-Identifier: MPL-2.0
/* global settings, plainError */
/* exported answer */

// Does the work and then calls back: once, last, and before the platform loses
// patience. The callback is the last argument, whether or not there is a context.
async function answer(rest, work) {
  const callback = rest[rest.length - 1];
  const limit = 9000;
  settings.until = Date.now() + limit; // if hashes
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(reject, limit, { kind: 'late', cause: `no result after ${limit} ms` });
  });
  let error = null;
  let result;
  try {
    result = await Promise.race([work(), late]);
  } catch (cause) {
    error = plainError(cause);
  }
  clearTimeout(timer);
  callback(error, ...(result === undefined ? [] : [result]));
}
