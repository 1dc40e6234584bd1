// SPDX-License-Identifier: MPL-2.0
/* global settings, inWorker, argon2Key */
/* exported argon2 */

// The key that Argon2 derives: by the module argon2, where the platform has it, otherwise in a
// thread of its own. What takes seconds goes to that thread where there is one, since the
// module has as many threads as the hash says, and none of them yields.
async function argon2(work, type, version, memoryCost, timeCost, parallelism, salt, hashLength, password) {
  const inThread = () => inWorker(work, argon2Key, type, version, memoryCost, timeCost, parallelism, salt, hashLength, password);
  let native = null;
  try {
    native = require('argon2');
  } catch {
    return inThread();
  }
  const natively = () => native.hash(password, { type, version, memoryCost, timeCost, parallelism, salt, hashLength, raw: true });
  return work > Math.max(settings.hashWork, 16384) ? inThread().catch(natively) : natively();
}
