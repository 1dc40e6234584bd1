// SPDX-License-Identifier: MPL-2.0
/* exported inWorker */

// Computes in JavaScript or WebAssembly in a thread that the container keeps. No other
// call would be served meanwhile. A thread does one thing at a time; where there are
// none, only little is computed. What takes seconds yields to others.
async function inWorker(work, compute, ...args) {
  const low = work > 16384 ? "try { require('os').setPriority(9) } catch {}" : '';
  const idle = global[`auth0pg:threads:${low}${compute}`] ||= [];
  try {
    const { Worker } = require('worker_threads');
    let thread = idle.pop();
    // There is none, or it has ended.
    if (!(thread?.threadId > 0)) {
      thread = new Worker(`${low}const port = require('worker_threads').parentPort;
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
