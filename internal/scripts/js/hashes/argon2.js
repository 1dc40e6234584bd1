// SPDX-License-Identifier: MPL-2.0
/* global inWorker, argon2Key */
/* exported argon2 */

// The key that Argon2 derives: by the module argon2, where the platform has it, otherwise in a
// thread of its own.
async function argon2(work, type, version, memoryCost, timeCost, parallelism, salt, hashLength, password) {
  let native = null;
  try {
    native = require('argon2');
  } catch {
    return inWorker(work, argon2Key, type, version, memoryCost, timeCost, parallelism, salt, hashLength, password);
  }
  return native.hash(password, { type, version, memoryCost, timeCost, parallelism, salt, hashLength, raw: true });
}
