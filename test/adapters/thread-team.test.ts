import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { openThreadTeam } from '../../src/adapters/thread-team/index.ts';
import type { OpenThreadTeam } from '../../src/adapters/thread-team/index.ts';
import { createSession, teamClosed } from '../../src/adapters/thread-team/session.ts';
import { createState, FAILED, GENERATION, ownWord, SESSION, SLEEPERS } from '../../src/adapters/thread-team/state.ts';
import type { QuantwrightError } from '../../src/core/errors.ts';
import { hashUniform } from '../../src/core/hash.ts';
import { DONE, HISTOGRAM, MARK } from '../../src/learners/gbdt/kernel/layout.ts';
import type { TeamSession } from '../../src/learners/gbdt/kernel/team.ts';
import { finishJob, type HandDrivenFit, handDrivenFit, histogram, marks, postHistogram, postMark, settle } from './fixtures/hand-driven-fit.ts';

const CLOSED = { code: 'ERR_CLOSED' };

/** (module (import "env" "memory" (memory 1 65536 shared)) (func (export "work") (param i32 i32)) (data (i32.const 0) "\01")) */
const WRITES_WHEN_INSTANTIATED = Uint8Array.from([
  [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], [1, 6, 1, 0x60, 2, 0x7f, 0x7f, 0],
  [2, 18, 1, 3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2, 3, 1, 0x80, 0x80, 4], [3, 2, 1, 0],
  [7, 8, 1, 4, 0x77, 0x6f, 0x72, 0x6b, 0, 0], [10, 4, 1, 2, 0, 0x0b], [11, 7, 1, 0, 0x41, 0, 0x0b, 1, 1],
].flat());

const teams: OpenThreadTeam[] = [];
const workers: Worker[] = [];
process.on('worker', (worker) => workers.push(worker));

async function open(threads: number): Promise<OpenThreadTeam> {
  workers.length = 0;
  const team = await openThreadTeam({ threads });
  teams.push(team);
  return team;
}

function joined(team: OpenThreadTeam, fit: HandDrivenFit): TeamSession {
  const session = team.join(fit.work);
  if (session === undefined) throw new Error('the team must be free');
  return session;
}

/** Work that only helpers can have done: the host takes no task. Also proves that they have seen all earlier messages. */
async function helpOnly(team: OpenThreadTeam): Promise<void> {
  const fit = handDrivenFit();
  const session = joined(team, fit);
  const leaves = postMark(fit, 100, 5);
  session.wake();
  await settle(session, 5);
  expect(leaves()).toEqual(marks(100, 5));
  session.leave();
}

/** More work than a second takes one helper: 3000 tasks of a million rows, all the same ones. */
function postLongJob(fit: HandDrivenFit): void {
  const table = fit.free;
  const list = table + 8 * 3000;
  for (let task = 0; task < 3000; task++) fit.words.set([list, 1_000_000], (table + 8 * task) / 4);
  fit.post(MARK, 3000, [table, list + 4_000_000]);
}

afterEach(async () => {
  await Promise.all(teams.splice(0).map((team) => team.close()));
});

describe('a team at work', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('finishes jobs as one thread does, with %i', async (threads) => {
    const team = await open(threads);
    expect(team.threads).toBe(threads);
    expect(workers.length).toBe(threads - 1);
    const fit = handDrivenFit();
    const session = joined(team, fit);
    for (const parts of [1, 2, 7]) {
      const sums = postHistogram(fit, 5000, parts);
      await finishJob(fit, session, parts);
      expect(sums()).toEqual(histogram(5000));
      const leaves = postMark(fit, 5000, parts);
      await finishJob(fit, session, parts);
      expect(leaves()).toEqual(marks(5000, parts));
    }
    session.leave();
  });

  it('has helpers that work while the host does not', async () => {
    await helpOnly(await open(2));
    await helpOnly(await open(4));
  });

  it('wakes helpers that have gone to sleep', async () => {
    const fit = handDrivenFit();
    const session = joined(await open(3), fit);
    for (let job = 0; job < 20; job++) {
      const leaves = postMark(fit, 50, 4, job);
      session.wake();
      await settle(session, 4);
      expect(leaves()).toEqual(marks(50, 4, job));
      await pause(job % 4);
    }
  });

  it('loses nothing in thousands of small jobs with pauses of any length', async () => {
    const random = (index: number): number => hashUniform(1, 2, index);
    const fit = handDrivenFit();
    const session = joined(await open(4), fit);
    let wrong = 0;
    let sink = 0;
    for (let job = 0; job < 4000; job++) {
      const tasks = 1 + Math.floor(8 * random(2 * job));
      const leaves = postMark(fit, 40, tasks, job);
      session.wake();
      if (job % 3 > 0) fit.workHere();
      await settle(session, tasks);
      if (leaves().join() !== marks(40, tasks, job).join()) wrong++;
      const length = random(2 * job + 1);
      if (length > 0.99) await pause(1);
      else if (length > 0.9) await turn();
      else for (let i = 0; i < 20_000 * length; i++) sink += Math.sqrt(i);
    }
    expect(wrong).toBe(0);
    expect(sink).toBeGreaterThan(0);
  });

  it('works in memory that grew during the session', async () => {
    const fit = handDrivenFit();
    const session = joined(await open(2), fit);
    const { memory } = fit.work;
    for (let round = 0; round < 200; round++) {
      postHistogram(fit, 10, 1);
      const parameters = [...fit.words.subarray((fit.work.control + 264) / 4, (fit.work.control + 264) / 4 + 15)];
      const cells = memory.grow(1) * 65536;
      parameters[11] = cells;
      fit.post(HISTOGRAM, 1, parameters);
      session.wake();
      await settle(session, 1);
      const counts = new Uint32Array(memory.buffer, cells, 512).filter((_, i) => i % 2 === 0);
      expect(counts.reduce((a, b) => a + b, 0)).toBe(10);
    }
  });
});

describe('a team between fits', () => {
  it('serves one fit at a time', async () => {
    const team = await open(2);
    const session = joined(team, handDrivenFit());
    expect(team.join(handDrivenFit().work)).toBeUndefined();
    session.leave();
    session.leave();
    const second = joined(team, handDrivenFit());
    session.leave(); // again, by the first fit: the second goes on
    expect(team.join(handDrivenFit().work)).toBeUndefined();
    second.leave();
  });

  it('takes no job that lay in the memory before', async () => {
    const team = await open(3);
    const fit = handDrivenFit();
    const leaves = postMark(fit, 100, 5);
    const session = joined(team, fit);
    for (let i = 0; i < 20; i++) {
      session.wake();
      await pause(2);
    }
    session.leave();
    expect(fit.done()).toBe(0);
    expect(new Set(leaves())).toEqual(new Set([0xffff]));
  });

  it('never touches memory after leave returned, however late its helpers are', async () => {
    const team = await open(4);
    const fit = handDrivenFit(16);
    for (let i = 0; i < 300; i++) {
      const session = joined(team, fit);
      session.wake();
      for (let turns = 0; turns < i % 4; turns++) await turn();
      session.leave();
      const leaves = postMark(fit, 300, 5); // a late helper would take it
      const before = Buffer.from(fit.bytes);
      for (let turns = 0; turns < i % 3; turns++) await turn();
      if (i % 50 === 0) await helpOnly(team);
      if (!before.equals(fit.bytes) || leaves().some((leaf) => leaf !== 0xffff)) throw new Error(`written to in round ${i}`);
    }
    await helpOnly(team);
    expect([fit.remaining(), fit.done()]).toEqual([5, 0]);
  });

  it('does not even instantiate on memory that was given back', async () => {
    const team = await open(4);
    const fit = handDrivenFit();
    const work = { ...fit.work, module: new WebAssembly.Module(WRITES_WHEN_INSTANTIATED) };
    let wrong = 0;
    for (let i = 0; i < 300; i++) {
      const session = team.join(work);
      for (let turns = 0; turns < i % 4; turns++) await turn();
      session?.leave();
      fit.bytes[0] = 0;
      for (let turns = 0; turns < i % 3; turns++) await turn();
      if (i % 50 === 0) await helpOnly(team);
      wrong += fit.bytes[0];
    }
    expect(wrong).toBe(0);
  });

  it('can be left at any moment of a helper', async () => {
    const team = await open(2);
    const fit = handDrivenFit();
    let sink = 0;
    for (let i = 0; i < 3000; i++) {
      const session = joined(team, fit);
      if (i % 10 === 0) await turn();
      for (let job = 0; job < i % 5; job++) {
        session.wake();
        for (let k = 0; k < 300 * hashUniform(3, job, i); k++) sink += Math.sqrt(k);
      }
      session.leave();
    }
    expect(sink).toBeGreaterThan(0);
    await helpOnly(team);
  });

  it('leaves a job that is given up after the task at hand', async () => {
    const fit = handDrivenFit(128);
    const session = joined(await open(2), fit);
    postLongJob(fit);
    session.wake();
    while (fit.done() === 0) expect(session.settled(3000)).toBe(false);
    session.leave();
    const done = fit.done();
    expect(done).toBeLessThan(3000);
    await pause(20);
    expect(fit.done()).toBe(done);
  });
});

describe('a team that broke', () => {
  async function expectBroken(team: OpenThreadTeam, session: TeamSession, message: RegExp): Promise<void> {
    await expect(settle(session, 3000)).rejects.toMatchObject({ ...CLOSED, message: expect.stringMatching(message) });
    session.leave();
    expect(team.failure).toMatchObject(CLOSED);
    expect(() => team.join(handDrivenFit().work)).toThrow(expect.objectContaining(CLOSED));
    await team.close();
  }

  it('says so when a helper is killed at work', async () => {
    const team = await open(3);
    const fit = handDrivenFit(128);
    const session = joined(team, fit);
    postLongJob(fit);
    session.wake();
    while (fit.done() === 0) expect(session.settled(3000)).toBe(false);
    void workers[0]?.terminate();
    await expectBroken(team, session, /helper thread 1 has ended/);
  });

  it('says so when a helper is killed asleep or between fits', async () => {
    const team = await open(2);
    const session = joined(team, handDrivenFit());
    await pause(20);
    await workers[0]?.terminate();
    await expectBroken(team, session, /helper thread 1 has ended/);

    const idle = await open(2);
    await workers[0]?.terminate();
    expect(idle.failure).toMatchObject(CLOSED);
    expect(() => idle.join(handDrivenFit().work)).toThrow(expect.objectContaining(CLOSED));
  });

  it('says so when the kernel traps in a helper, though no event can arrive', async () => {
    const team = await open(2);
    const fit = handDrivenFit();
    const session = joined(team, fit);
    await pause(20);
    fit.post(MARK, 1, [0xfffffff0, 0]);
    session.wake();
    let error: unknown;
    for (let tries = 0; tries < 1000 && error === undefined; tries++) {
      try {
        session.settled(1);
      } catch (thrown) {
        error = thrown;
      }
    }
    expect(error).toMatchObject(CLOSED);
    session.leave();
    await team.close();
  });

  it('carries what the helper met as cause when its event came first', async () => {
    const team = await open(2);
    const fit = handDrivenFit();
    const session = joined(team, fit);
    fit.post(MARK, 1, [0xfffffff0, 0]);
    session.wake();
    while (team.failure === undefined) await pause(1);
    expect((team.failure as QuantwrightError).cause).toMatchObject({ message: expect.stringContaining('out of bounds') });
    expect(() => session.settled(1)).toThrow(team.failure);
    session.leave();
  });
});

describe('closing a team', () => {
  it('twice is closing it once, and ends every thread', async () => {
    const team = await open(3);
    const ended = Promise.all(workers.map((worker) => new Promise((resolve) => worker.on('exit', resolve))));
    await Promise.all([team.close(), team.close()]);
    await team.close();
    expect(await ended).toEqual([0, 0]);
    expect(() => team.join(handDrivenFit().work)).toThrow(expect.objectContaining(CLOSED));
    expect(team.failure?.message).toContain('closed');
  });

  it('in the middle of a job fails the fit and lets it end', async () => {
    const team = await open(3);
    const fit = handDrivenFit(128);
    const session = joined(team, fit);
    postLongJob(fit);
    session.wake();
    while (fit.done() === 0) expect(session.settled(3000)).toBe(false);
    const closing = team.close();
    expect(() => session.settled(3000)).toThrow(expect.objectContaining(CLOSED));
    session.leave();
    const done = fit.done();
    await closing;
    expect(fit.done()).toBe(done);
    expect(done).toBeLessThan(3000);
  });

  it('wakes helpers that sleep in a session', async () => {
    const team = await open(3);
    joined(team, handDrivenFit());
    await pause(20);
    const ended = Promise.all(workers.map((worker) => new Promise((resolve) => worker.on('exit', resolve))));
    await team.close();
    expect(await ended).toEqual([0, 0]); // by themselves, not by force
  });
});

describe('a session whose helper is dead and whose host cannot hear it', () => {
  function withDeadHelper(patience: number) {
    const state = createState(1);
    const fit = handDrivenFit();
    Atomics.store(state, SESSION, 7);
    Atomics.store(state, ownWord(0), 7);
    let failure: QuantwrightError | undefined;
    let freed = 0;
    const fail = (reason: string): QuantwrightError => {
      failure ??= teamClosed(reason);
      return failure;
    };
    const session = createSession({ state, helpers: 1, spins: 10, patience, failure: () => failure, fail, free: () => void freed++ }, fit.work, 7);
    return { state, fit, session, freed: () => freed };
  }

  it('throws after waiting in vain, and counts again after progress', () => {
    const { fit, session } = withDeadHelper(3);
    postMark(fit, 100, 3);
    const control = new Int32Array(fit.work.memory.buffer, fit.work.control);
    const done = (tasks: number): number => Atomics.store(control, DONE / 4, tasks);
    const waitThrice = (): void => [1, 2, 3].forEach(() => expect(session.settled(3)).toBe(false));
    const start = performance.now();
    waitThrice();
    expect(performance.now() - start).toBeGreaterThan(10); // it sleeps 5 ms each time and does not come back at once
    done(1); // between two waits
    waitThrice();
    done(3);
    expect(session.settled(3)).toBe(true);
    done(0); // the next job
    waitThrice();
    expect(() => session.settled(3)).toThrow(expect.objectContaining({ ...CLOSED, message: expect.stringContaining('none of 3 tasks in 15 ms') }));
    done(3);
    expect(() => session.settled(3)).toThrow(expect.objectContaining(CLOSED)); // for good
  });

  it('does not say the memory is free while a helper may be in it', () => {
    const { state, session, freed } = withDeadHelper(3);
    expect(() => session.leave()).toThrow(expect.objectContaining({ ...CLOSED, message: expect.stringContaining('must not be used again') }));
    expect(() => session.leave()).toThrow(expect.objectContaining(CLOSED));
    expect(freed()).toBe(0);
    Atomics.store(state, ownWord(0), 0);
    session.leave();
    session.leave();
    expect(freed()).toBe(1);
    expect(Atomics.load(state, SESSION)).toBe(0);
  });

  it('sees a helper that met an error at the next look', () => {
    const { state, session } = withDeadHelper(3);
    Atomics.store(state, FAILED, 1);
    expect(() => session.settled(1)).toThrow(expect.objectContaining(CLOSED));
  });

  it('has words that no two threads contend for by accident', () => {
    const words = [SESSION, GENERATION, SLEEPERS, FAILED, ownWord(0), ownWord(1), ownWord(62)].sort((a, b) => a - b);
    expect(words.every((word, i) => i === 0 || word - words[i - 1] >= 32)).toBe(true);
    expect(createState(63).length).toBeGreaterThan(ownWord(62));
  });
});

describe('what a team refuses', () => {
  it.each([0, 65, 1.5, Number.NaN, '2'])('threads: %s', async (threads) => {
    await expect(openThreadTeam({ threads: threads as number })).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
  });

  it('options it does not know', async () => {
    await expect(openThreadTeam({ thread: 2 } as object)).rejects.toMatchObject({ code: 'ERR_UNKNOWN_NAME', details: { nearest: 'threads' } });
  });

  it('a host that does not let threads start, and leaves none behind', async () => {
    workers.length = 0;
    process.once('worker', (worker) => worker.emit('error', new Error('no room')));
    await expect(openThreadTeam({ threads: 3 })).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED', cause: { message: 'no room' } });
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });

  it('memory of one thread, and pointers that leave it', async () => {
    const team = await open(3);
    const { work } = handDrivenFit(8);
    const end = 8 * 65536;
    const unshared = new WebAssembly.Memory({ initial: 8, maximum: 65536 });
    for (const wrong of [{ memory: unshared }, { control: -8 }, { control: 4.5 }, { control: end - 504 }, { scratch: end - 65536 + 8 }, { scratch: Number.NaN }]) {
      expect(() => team.join({ ...work, ...wrong })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    joined(team, handDrivenFit()).leave(); // it is still free
  });
});

describe('a process with a team', () => {
  const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

  it('has as many threads as processors, 8 at most', async () => {
    const team = await openThreadTeam();
    teams.push(team);
    expect(team.threads).toBeGreaterThanOrEqual(1);
    expect(team.threads).toBeLessThanOrEqual(8);
  });

  it('ends though the team is open, its helpers using no processor before', () => {
    const run = (mode: string): string => execFileSync(process.execPath, ['--import', 'tsx', fixture('idle-team.ts'), mode], { encoding: 'utf8', timeout: 50_000 });
    expect(run('stay')).toBe('asleep between jobs\n');
    expect(run('leave')).toBe('asleep between jobs\nasleep between fits\n');
  });

  it('works from a minified CommonJS bundle, and its helpers load nothing of the host', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quantwright-team-'));
    try {
      const outfile = join(folder, 'bundle.cjs');
      await build({ entryPoints: [fixture('idle-team.ts')], bundle: true, minify: true, format: 'cjs', platform: 'node', outfile, logLevel: 'silent' });
      writeFileSync(join(folder, 'print.cjs'), 'console.log("loaded");');
      const env = { ...process.env, NODE_OPTIONS: `--require "${join(folder, 'print.cjs').replaceAll('\\', '/')}"` };
      expect(execFileSync(process.execPath, [outfile, 'stay'], { encoding: 'utf8', env, timeout: 50_000 })).toBe('loaded\nasleep between jobs\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('gets the memory of its fits back', () => {
    const printed = execFileSync(process.execPath, ['--expose-gc', '--import', 'tsx', fixture('many-memories.ts')], { encoding: 'utf8', timeout: 50_000 });
    expect(printed).toBe('given back\n');
  });
});
