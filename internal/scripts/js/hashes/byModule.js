// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported byModule */

// Calls a native function in one of the container's threads for such work. What costs
// more than new hashes, and takes half a second or more, is called by the name of its
// synchronous twin in a thread of its own: the more it costs the less of a processor it
// gets, so that it holds up nobody where there is only one. Where no such thread can be
// had, it is computed as any other.
async function byModule(work, module, name, ...args) {
  const native = require(module);
  if (work > Math.max(settings.hashWork, 4096)) {
    try {
      const { Worker } = require('worker_threads');
      const { filename } = Object.values(require('module')._cache).find((one) => one.exports === native) || { filename: module };
      const thread = new Worker(`const { parentPort, workerData: [file, name, nice, first, ...rest] } = require('worker_threads');
try { require('os').setPriority(nice) } catch {}
parentPort.postMessage(require(file)[name](Buffer.from(first), ...rest));`,
      { eval: true, workerData: [filename, `${name}Sync`, Math.min(work >> 11, 19), ...args] });
      return await new Promise((resolve, reject) => thread.on('message', resolve).on('error', reject).on('exit', reject));
    } catch {
      // No threads here, or not for this module.
    }
  }
  return require('util').promisify(native[name])(...args);
}
