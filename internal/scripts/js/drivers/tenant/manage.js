// SPDX-License-Identifier: MPL-2.0
/* global settings, exchange, insist, withToken, readAnswer */
/* exported manage */

// Asks the Management API of the other tenant and returns what its answer holds. What is the same done twice is repeated.
async function manage(method, path, values) {
  // All that a call of the script asks for ends before the limit in answer.
  settings.began ||= Date.now();
  const until = settings.began + 7000;
  const body = values && JSON.stringify(values);
  if (body && Buffer.byteLength(body) > 262144) {
    throw { kind: 'unfit', cause: 'more than 256 kB to send' };
  }
  const answer = await withToken((authorization) => insist(until, method !== 'POST' && method !== 'PATCH',
    () => exchange(method, `${settings.tenant.url}/api/v2/${path}`, { authorization }, body, until)));
  return readAnswer(`${method} ${/^[\w-]+/.exec(path)[0]}`, answer);
}
