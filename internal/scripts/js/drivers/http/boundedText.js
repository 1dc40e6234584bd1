// SPDX-License-Identifier: MPL-2.0
/* exported boundedText */

// The text of an answer of at most 256 kB. A longer one is not read to its end.
async function boundedText(chunks) {
  const kept = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > 262144) {
      throw { code: 'more than 256 kB' };
    }
    kept.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(kept));
}
