// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported inWorker */

// Computes in JavaScript or WebAssembly in a thread that the container keeps. No other
// call would be served meanwhile. A thread does one thing at a time; where there are
// none, only little is computed. What costs more than new hashes and takes long yields to
// others, in five steps, since threads are kept for each.
async function inWorker(work, compute, ...args) {
  const nice = work > settings.hashWork ? Math.min(work >> 12, 4) * 4 : 0;
  const idle = global[`auth0pg:threads:${nice}${compute}`] ||= [];
  try {
    const { Worker } = require('worker_threads');
    let thread = idle.pop();
    // There is none, or it has ended.
    if (!(thread?.threadId > 0)) {
      thread = new Worker(`const port = require('worker_threads').parentPort;
try { require('os').setPriority(${nice}) } catch {}
port.on('message', (args) => port.postMessage((${compute})(...args)));`, { eval: true }).on('error', () => {});
      thread.unref();
    }
    thread.postMessage(args);
    const key = await new Promise((resolve, reject) => thread.once('message', resolve).once('exit', reject));
    idle.push(thread.removeAllListeners('exit'));
    return Buffer.from(key);
  } catch (error) {
    if (work > 1024) {
      throw { kind: 'unavailable', cause: `no thread for a hash: ${error.message}` };
    }
    return compute(...args);
  }
}
