// SPDX-License-Identifier: MPL-2.0
/* global plainError, refusal */
/* exported answer */

// Does the work and then calls back: once, last, and before the platform loses
// patience. The callback is the last argument, whether or not there is a context.
async function answer(rest, work) {
  const callback = rest[rest.length - 1];
  const limit = 9000;
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(refusal('The user database took too long to answer. Please try again later.',
      `no result after ${limit} ms`)), limit);
  });
  let error = null;
  let result;
  try {
    result = await Promise.race([work(), late]);
  } catch (cause) {
    error = plainError(cause);
  }
  clearTimeout(timer);
  if (error) {
    callback(error);
  } else if (result === undefined) {
    callback(null);
  } else {
    callback(null, result);
  }
}
