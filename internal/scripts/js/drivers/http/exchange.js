// SPDX-License-Identifier: MPL-2.0
/* global settings, configuration, boundedText, throughAgent, untilReset */
/* exported exchange */

// Sends a request and reads the answer: { status, type, after, text }, after being the milliseconds that it asks to be let
// alone, by Retry-After or, as Auth0 does, by the second in which its limit is lifted; or what kept it from being one:
// { status: 0, code }. It takes five seconds at most, and none after the given time. A redirect is an answer: whoever is behind
// it is not asked. The body is text, undefined for none.
async function exchange(method, url, headers, body, until) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.max(1, Math.min(5000, until - Date.now())));
  try {
    const request = {
      method, headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body, redirect: 'manual', signal: controller.signal,
    };
    let response;
    const ca = configuration[settings.api.caKey]; // if own_ca
    response = ca && url.startsWith('https:') && await throughAgent(url, request, ca); // if own_ca
    response ||= await fetch(url, request);
    const after = response.headers.get('retry-after');
    return {
      status: response.status,
      type: response.headers.get('content-type') || '',
      after: after ? Math.max(0, /^\d+$/.test(after) ? after * 1000 : Date.parse(after) - Date.now()) : untilReset(response),
      text: await boundedText(response.body),
    };
  } catch (error) {
    const code = error.cause?.code || error.code;
    return { status: 0, code: controller.signal.aborted ? 'late' : String(code || error.cause?.name || error.name) };
  } finally {
    clearTimeout(timer);
  }
}
