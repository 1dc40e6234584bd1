// SPDX-License-Identifier: MPL-2.0
/* exported insist */

// Repeats what is safe to repeat, until there is an answer or no time for one. A change is sent again only where it was
// not sent at all, or the API says that it did nothing and when to ask again.
async function insist(until, readOnly, send) {
  for (let attempt = 1; ; attempt += 1) {
    const { status, code, after, ...answer } = await send();
    let pause = 100 * 2 ** attempt * (0.5 + Math.random() / 2);
    const refused = [429, 503].includes(status) && after >= 0;
    if (refused) {
      pause = Math.max(pause, after);
    }
    const unsent = [
      'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT',
    ].includes(code);
    const lost = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET'].includes(code) || [502, 503, 504].includes(status);
    if (!(refused || unsent || (readOnly && lost)) || attempt >= 4 || Date.now() + pause > until - 1000) {
      return { status, code, after, ...answer };
    }
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
}
