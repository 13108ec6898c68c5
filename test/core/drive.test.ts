import { afterEach, describe, expect, it, vi } from 'vitest';
import { drive, driveSync } from '../../src/core/drive.ts';
import type { Progress, Task } from '../../src/core/drive.ts';

afterEach(() => vi.restoreAllMocks());

/** A clock that only the task moves: what drive promises can be checked without a stopwatch. */
function taskClock(): { now: number } {
  const clock = { now: 0 };
  vi.spyOn(performance, 'now').mockImplementation(() => clock.now);
  return clock;
}

function* steps(clock: { now: number }, count: number, stepMs: number, log?: string[]): Task<string> {
  try {
    for (let i = 1; i <= count; i++) {
      clock.now += stepMs;
      yield { phase: 'work', done: i, total: count };
    }
    return 'result';
  } finally {
    log?.push('finally');
  }
}

function* busy(totalMs: number, stepMs: number): Task<number> {
  const end = performance.now() + totalMs;
  let stepsDone = 0;
  while (performance.now() < end) {
    const stepEnd = performance.now() + stepMs;
    while (performance.now() < stepEnd);
    yield { phase: 'busy', done: ++stepsDone, total: Infinity };
  }
  return stepsDone;
}

/** Longest time between two turns of the event loop while `work` is pending. */
async function longestBlock(work: Promise<unknown>, now: () => number): Promise<number> {
  let pending = true;
  let longest = 0;
  let last = now();
  const turn = (): void => {
    longest = Math.max(longest, now() - last);
    last = now();
    if (pending) setImmediate(turn);
  };
  setImmediate(turn);
  await work;
  pending = false;
  return longest;
}

describe('drive', () => {
  it('lets the event loop turn at least every 50 ms of work, whatever the step', async () => {
    for (const stepMs of [0.1, 1, 9, 10, 24]) {
      const clock = taskClock();
      expect(await longestBlock(drive(steps(clock, Math.ceil(300 / stepMs), stepMs)), () => clock.now)).toBeLessThanOrEqual(50);
      expect(clock.now).toBeCloseTo(Math.ceil(300 / stepMs) * stepMs, 6);
    }
  });

  it('does not turn the loop for work that ends inside one slice', async () => {
    const clock = taskClock();
    let turns = 0;
    setImmediate(() => turns++);
    await drive(steps(clock, 20, 1));
    expect(turns).toBe(0);
  });

  it('by the wall clock: 300 ms of computing never block for 50 ms (best of twenty on a busy machine)', async () => {
    let best = Infinity;
    for (let attempt = 0; attempt < 20 && best > 50; attempt++) best = Math.min(best, await longestBlock(drive(busy(300, 5)), () => performance.now()));
    expect(best).toBeLessThanOrEqual(50);
  });

  it('lets timers fire during the work', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await drive(busy(300, 5));
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(4);
  });

  it('an abort from outside lands within 50 ms of work and runs finally', async () => {
    const clock = taskClock();
    const controller = new AbortController();
    const reason = new Error('enough');
    const log: string[] = [];
    let abortedAt = NaN;
    const watch = (): void => {
      if (clock.now < 100) return void setImmediate(watch);
      abortedAt = clock.now;
      controller.abort(reason);
    };
    setImmediate(watch);
    await expect(drive(steps(clock, 1000, 7, log), { signal: controller.signal })).rejects.toBe(reason);
    expect(log).toEqual(['finally']);
    expect(clock.now - abortedAt).toBeLessThanOrEqual(50);
  });

  it('an abort from inside onProgress lands at that step', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    await expect(drive(steps(taskClock(), 10, 60), {
      signal: controller.signal,
      onProgress: ({ done }) => {
        seen.push(done);
        if (done === 3) controller.abort();
      },
    })).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('does no work when already aborted', async () => {
    const clock = taskClock();
    await expect(drive(steps(clock, 10, 1), { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(clock.now).toBe(0);
  });

  it('passes on the result, and the error of a task', async () => {
    expect(await drive(steps(taskClock(), 3, 1))).toBe('result');
    function* failing(): Task<void> {
      yield { phase: 'a', done: 0, total: 1 };
      throw new RangeError('inside');
    }
    await expect(drive(failing())).rejects.toThrow(RangeError);
  });

  it('an error in onProgress ends the task and runs finally', async () => {
    const log: string[] = [];
    await expect(drive(steps(taskClock(), 3, 1, log), { onProgress: () => { throw new Error('screen gone'); } })).rejects.toThrow('screen gone');
    expect(log).toEqual(['finally']);
  });

  it('runs tasks inside tasks', async () => {
    const clock = taskClock();
    const log: string[] = [];
    function* outer(): Task<string> {
      const inner = yield* steps(clock, 2, 1, log);
      return `${inner} twice ${yield* steps(clock, 2, 1, log)}`;
    }
    expect(await drive(outer())).toBe('result twice result');
    expect(log).toEqual(['finally', 'finally']);
  });
});

describe('progress', () => {
  const collect = async (stepMs: number, count: number): Promise<Progress[]> => {
    const seen: Progress[] = [];
    await drive(steps(taskClock(), count, stepMs), { onProgress: (progress) => seen.push(progress) });
    return seen;
  };

  it('comes at most every 50 ms, and always for the first and last step', async () => {
    const seen = await collect(1, 1000);
    expect(seen[0].done).toBe(1);
    expect(seen.at(-1)).toEqual({ phase: 'work', done: 1000, total: 1000 });
    expect(seen.length).toBeLessThanOrEqual(2 + 1000 / 50);
    const gaps = seen.slice(1, -1).map((step, i) => step.done - seen[i].done);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(50);
  });

  it('comes for every step of slow work', async () => {
    expect(await collect(60, 7)).toHaveLength(7);
  });

  it('comes for the first and last step of each phase', async () => {
    taskClock();
    function* phases(): Task<void> {
      for (const phase of ['a', 'b']) for (let done = 1; done <= 3; done++) yield { phase, done, total: 3 };
    }
    const seen: string[] = [];
    await drive(phases(), { onProgress: ({ phase, done }) => seen.push(`${phase}${done}`) });
    expect(seen).toEqual(['a1', 'a3', 'b1', 'b3']);
  });
});

describe('driveSync', () => {
  it('gives the result of drive without a promise', () => {
    const seen: number[] = [];
    expect(driveSync(steps(taskClock(), 3, 60), { onProgress: ({ done }) => seen.push(done) })).toBe('result');
    expect(seen).toEqual([1, 2, 3]);
  });

  it('checks the signal at every step and runs finally', () => {
    const log: string[] = [];
    const controller = new AbortController();
    const run = (): string => driveSync(steps(taskClock(), 9, 60, log), { signal: controller.signal, onProgress: ({ done }) => done === 2 && controller.abort('stop') });
    expect(run).toThrow('stop');
    expect(log).toEqual(['finally']);
  });
});
