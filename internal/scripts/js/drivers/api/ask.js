// SPDX-License-Identifier: MPL-2.0
/* global settings, calls, exchange, insist, configured, withToken, readAnswer */
/* exported ask */

// Asks the API and returns what its answer holds. All arguments are sent, null where there is no value.
async function ask(key, values) {
  const { path, takes, readOnly } = calls()[key];
  const body = JSON.stringify(Object.fromEntries(Object.entries(takes).map(([name, value]) => [name, values[value] ?? null])));
  if (Buffer.byteLength(body) > 65536) {
    throw { kind: 'unfit', cause: `${path}: more than 64 kB to send` };
  }
  // All that a call of the script asks for ends before the limit in answer.
  settings.began ||= Date.now();
  const until = settings.began + 7000;
  const send = (authorization) => insist(until, readOnly, () => exchange('POST', `${settings.api.url}/${path}`, {
    authorization,
    'content-profile': settings.api.schema, // if rpc
  }, body, until));
  let answer;
  answer = await withToken(send); // if token
  // if basic:
  const credentials = `${configured(settings.api.usernameKey)}:${configured(settings.api.passwordKey)}`;
  answer = await send(`Basic ${Buffer.from(credentials).toString('base64')}`);
  // end
  return readAnswer(path, answer);
}
