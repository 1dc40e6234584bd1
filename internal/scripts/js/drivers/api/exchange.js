// SPDX-License-Identifier: MPL-2.0
/* global settings, configuration, boundedText, throughAgent */
/* exported exchange */

// Sends a request and reads the answer: { status, type, after, text }, after being the milliseconds that it asks to be let
// alone; or what kept it from being one: { status: 0, code }. It takes five seconds at most, and none after the given time. A
// redirect is an answer: whoever is behind it is not asked.
async function exchange(url, headers, body, until) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.max(1, Math.min(5000, until - Date.now())));
  try {
    const request = {
      method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body, redirect: 'manual', signal: controller.signal,
    };
    const ca = configuration[settings.api.caKey];
    const response = await (ca && url.startsWith('https:') ? throughAgent(url, request, ca) : fetch(url, request));
    const after = response.headers.get('retry-after');
    return {
      status: response.status,
      type: response.headers.get('content-type') || '',
      after: after ? Math.max(0, /^\d+$/.test(after) ? after * 1000 : Date.parse(after) - Date.now()) : NaN,
      text: await boundedText(response.body || []),
    };
  } catch (error) {
    const code = error.cause?.code || error.code;
    return { status: 0, code: controller.signal.aborted ? 'late' : String(code || error.cause?.name || error.name) };
  } finally {
    clearTimeout(timer);
  }
}
