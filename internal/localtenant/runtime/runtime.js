// SPDX-License-Identifier: MPL-2.0
//
// One container of the local tenant: a Node process that runs custom database
// scripts and keeps `global` between them.
//
// Requests come as JSON lines on stdin, answers leave as JSON lines on stdout.
// Each answer line starts with a token that only the parent and this file know,
// so nothing that a script prints can be taken for an answer. The process ends
// with stdin, and a watchdog thread ends it when a script blocks the event loop
// while the parent dies.
'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const fs = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const path = require('node:path');
const readline = require('node:readline');
const util = require('node:util');
const vm = require('node:vm');
const { Worker } = require('node:worker_threads');

const [modulesDir, token] = process.argv.slice(2);
const moduleRequire = createRequire(path.join(path.dirname(modulesDir), 'script.js'));
const invocations = new AsyncLocalStorage();
const write = process.stdout.write.bind(process.stdout);

function send(message, done) {
  write(token + JSON.stringify(message) + '\n', done);
}

// What scripts and modules print belongs to the invocation that printed it.
function print(id, text) {
  for (const line of String(text).replace(/\n$/, '').split('\n')) {
    send({ id, type: 'console', text: line });
  }
}

function scriptConsole(id) {
  const own = Object.create(console);
  for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace']) {
    own[level] = (...parts) => print(id, util.format(...parts));
  }
  return own;
}

for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, done) => {
    print(invocations.getStore(), Buffer.isBuffer(chunk) ? chunk.toString() : chunk);
    const callback = typeof encoding === 'function' ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  };
}

// The error classes that every script can use. Fields and their order of
// assignment follow the platform's: only these, and `description` only where
// the platform sets it.
function defineError(name, parent, assign) {
  const constructor = {
    [name]: function (...args) {
      Error.captureStackTrace(this, constructor);
      assign(this, ...args);
      this.name = name;
    },
  }[name];
  constructor.prototype = Object.create(parent.prototype, {
    constructor: { value: constructor, writable: true, configurable: true },
  });
  Object.defineProperty(globalThis, name, { enumerable: true, get: () => constructor });
}

defineError('WrongUsernameOrPasswordError', Error, (error, userId, message) => {
  error.code = 'wrongusernameorpassword';
  error.message = message;
  error.user_id = userId;
  error.statusCode = 400;
});
defineError('ValidationError', Error, (error, code, message) => {
  error.code = code;
  error.message = message;
  error.description = message;
  error.statusCode = 400;
});
defineError('UnauthorizedError', Error, (error, message) => {
  error.code = 'unauthorized';
  error.message = message;
  error.description = message;
  error.statusCode = 401;
});

// What a folder of modules has: the name and version of each, also under another name, as an
// alias of npm gives it. That is how several versions can be there.
function installed() {
  const found = [];
  const look = (folder) => {
    for (const entry of fs.readdirSync(path.join(modulesDir, folder))) {
      const where = path.posix.join(folder, entry);
      if (entry.startsWith('@') && folder === '') {
        look(where);
        continue;
      }
      try {
        const { name, version } = JSON.parse(fs.readFileSync(path.join(modulesDir, where, 'package.json'), 'utf8'));
        found.push({ where, name, version: String(version) });
      } catch {
        // Not a module.
      }
    }
  };
  look('');
  return found;
}

let known;

// A module may be asked for with a version: that one is given where it is there, else the one
// that has the name.
function scriptRequire(required) {
  const match = typeof required === 'string' && /^(@[^/@]+\/[^/@]+|[^./@][^/@]*)(?:@([^/]*))?(\/.*)?$/.exec(required);
  if (!match || isBuiltin(required)) return moduleRequire(required);
  const [, name, wanted, inside = ''] = match;
  known ||= installed();
  const named = known.filter((one) => one.name === name);
  const chosen = named.find((one) => wanted && (one.version === wanted || one.version.startsWith(`${wanted}.`)))
    || named.find((one) => one.where === name);
  send({ id: invocations.getStore(), type: 'require', text: wanted ? `${name}@${wanted}` : name, loaded: chosen && chosen.version });
  return moduleRequire((chosen ? chosen.where : name) + inside);
}

const SERIALISED = ['name', 'message', 'code', 'description', 'user_id', 'stack', 'status_code'];

function serialiseError(error) {
  if (typeof error !== 'object' && typeof error !== 'function') return { message: String(error) };
  const reduced = { name: 'Error' };
  for (const key of SERIALISED) {
    if (error[key] !== undefined) reduced[key] = error[key];
  }
  return reduced;
}

function describe(thrown) {
  if (thrown instanceof Error) return thrown.stack || `${thrown.name}: ${thrown.message}`;
  return typeof thrown === 'string' ? thrown : util.inspect(thrown);
}

function run(request) {
  const { id } = request;
  const started = process.hrtime.bigint();
  const elapsed = () => Number(process.hrtime.bigint() - started) / 1e6;
  let calls = 0;
  let ending = false;

  // The end is announced a little later, so that a second call of the callback
  // is seen and counted.
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => send({ id, type: 'end' }), request.linger);
  };

  const callback = (error, ...results) => {
    calls += 1;
    const answer = { id, type: 'callback', ms: elapsed() };
    if (calls === 1) {
      try {
        if (error) {
          answer.error = JSON.parse(JSON.stringify(serialiseError(error)));
        } else {
          while (results.length > 0 && results[results.length - 1] === undefined) results.pop();
          answer.results = results.map((result) => {
            const text = JSON.stringify(result);
            return text === undefined ? null : JSON.parse(text);
          });
        }
      } catch (problem) {
        delete answer.results;
        answer.error = serialiseError(problem);
      }
    }
    send(answer);
    end();
  };

  try {
    // The script is an expression: anything else does not compile, or is not a function.
    const compiled = vm.compileFunction(
      `var fn = ${request.script}\n;\nreturn fn;`,
      ['require', 'configuration', 'console'],
      { filename: 'script.js' },
    );
    const configuration = {};
    for (const [key, value] of Object.entries(request.configuration || {})) configuration[key] = String(value);
    const fn = compiled.call(undefined, scriptRequire, Object.freeze(configuration), scriptConsole(id));
    const args = [...(request.args || [])];
    if ('context' in request) args.push(request.context);
    fn.call(null, ...args, callback);
  } catch (thrown) {
    send({ id, type: 'threw', text: describe(thrown), ms: elapsed() });
    end();
  }
}

// As on the platform, an exception that nothing catches ends the container and
// with it every invocation in flight.
function fatal(thrown) {
  send({ type: 'uncaught', text: describe(thrown) }, () => process.exit(70));
}
process.on('uncaughtException', fatal);
process.on('unhandledRejection', fatal);

readline
  .createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on('line', (line) => {
    const request = JSON.parse(line);
    invocations.run(request.id, run, request);
  })
  .on('close', () => process.exit(0));

new Worker(
  // On a busy machine the parent may be gone by the time that the thread starts: whom to watch is settled here.
  `const parent = require('node:worker_threads').workerData;
   setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 250);`,
  { eval: true, workerData: process.ppid, stdout: true, stderr: true },
).unref();

send({ type: 'ready' });
