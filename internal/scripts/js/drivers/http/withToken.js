// SPDX-License-Identifier: MPL-2.0
/* global accessToken */
/* exported withToken */

// Sends with the container's token, and once more where that is refused: nothing was done, so that a change may be sent
// again.
async function withToken(send) {
  const token = await accessToken();
  const answer = await send(`Bearer ${token}`);
  if (answer.status !== 401) {
    return answer;
  }
  const other = await accessToken(token);
  return other === token ? answer : send(`Bearer ${other}`);
}
