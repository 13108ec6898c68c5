/** What a helper thread runs. */
import { FAILED, GENERATION, SESSION, SLEEPERS } from './state.ts';

// Shared memory lies outside what the collector of a thread counts, and a helper allocates nothing else: memories of past fits would stay for
// ever. So once it has seen 64 MiB of them, it allocates and drops a plain buffer big enough to set the collector going. No page of it is touched.
const COLLECT_AFTER = 2 ** 26;
const BALLAST = 2 ** 27;

/**
 * CommonJS, kept as text: a worker started from text needs no second file, which bundlers lose and which would have to exist for both module
 * formats and for TypeScript loaders. Node compiles it as a script of its own; nothing is evaluated in the host.
 *
 * A helper first says that it may touch the session's memory and then looks whether the session is still on; `leave` ends the session and then
 * looks who said so. In whatever order the four steps fall, one of the two sees the other, so a helper that comes late never touches memory
 * that was given back. In the loop the generation is read before the session for the same reason: `leave` writes them the other way round.
 *
 * Instances of the kernel on one memory share no stack: it has none in memory, only locals and the caller's scratch.
 */
export const WORKER_SOURCE: string = `'use strict';
const { parentPort, workerData: { state, own, spins } } = require('node:worker_threads');
let seenBytes = 0;

function help({ module, memory, control, scratch, session }) {
  const { work } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  for (;;) {
    const generation = Atomics.load(state, ${GENERATION});
    if (Atomics.load(state, ${SESSION}) !== session) return;
    work(control, scratch);
    for (let i = 0; i < spins && Atomics.load(state, ${GENERATION}) === generation; i++);
    if (Atomics.load(state, ${GENERATION}) !== generation) continue;
    Atomics.add(state, ${SLEEPERS}, 1);
    Atomics.wait(state, ${GENERATION}, generation);
    Atomics.sub(state, ${SLEEPERS}, 1);
  }
}

parentPort.on('messageerror', (error) => { throw error; });
parentPort.on('message', (job) => {
  if (job === null) return parentPort.close();
  Atomics.store(state, own, job.session);
  try {
    if (Atomics.load(state, ${SESSION}) === job.session) help(job);
  } catch (error) {
    Atomics.store(state, ${FAILED}, 1);
    throw error;
  } finally {
    Atomics.store(state, own, 0);
    Atomics.notify(state, own);
  }
  seenBytes += job.memory.buffer.byteLength;
  if (seenBytes < ${COLLECT_AFTER}) return;
  seenBytes = 0;
  setImmediate(() => new ArrayBuffer(${BALLAST})); // later: this call's own reference must be gone
});
`;
