// SPDX-License-Identifier: MPL-2.0
/* global settings */
/* exported inWorker */

// Computes in JavaScript or WebAssembly in a thread that the container keeps. No other
// call would be served meanwhile, so what takes long has another thread than what does
// not, and where the platform has no threads, only little is computed. A thread does
// one thing at a time; one that fails ends, which closes the channel.
async function inWorker(work, compute, ...args) {
  const name = `auth0pg:thread:${work > settings.hashWork}:${compute}`;
  try {
    const { Worker, MessageChannel } = require('worker_threads');
    const worker = global[name] ||= new Worker(`const compute = ${compute};
require('worker_threads').parentPort.on('message', ([port, args]) => port.postMessage(compute(...args)));`, { eval: true })
      .on('error', () => {}).on('exit', () => delete global[name]);
    worker.unref();
    const { port1, port2 } = new MessageChannel();
    worker.postMessage([port2, args], [port2]);
    return await new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the thread has ended'));
      port1.once('close', ended);
      worker.once('exit', ended);
      port1.once('message', (key) => {
        resolve(Buffer.from(key));
        port1.close();
        worker.off('exit', ended);
      });
    });
  } catch (error) {
    delete global[name]; // it may not have been told yet
    if (work > 1024) {
      throw { kind: 'unavailable', cause: `no thread for a hash: ${error.message}` };
    }
    return compute(...args);
  }
}
