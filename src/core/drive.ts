/**
 * Long work, written once.
 *
 * A `Task` is a generator that yields progress at least every few milliseconds and returns its result.
 * `drive` runs it without blocking the host for longer than a slice; `driveSync` runs it in one go.
 */

/** One step of progress. `done / total` is the share of `phase`. */
export interface Progress {
  /** What is being done, e.g. `'features'`, `'fold 2 of 5'`. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** Work that yields progress. Write inner work as tasks too and `yield*` it. */
export type Task<T> = Generator<Progress, T, void>;

export interface DriveOptions {
  /** Cancels the work: the promise rejects with `signal.reason`. Checked at every progress step, at most 50 ms apart. */
  readonly signal?: AbortSignal;
  /** Called at most every 50 ms, and for the first and last step of each phase. */
  readonly onProgress?: (progress: Progress) => void;
}

// Longest stretch of work between two macrotasks; half of the promised 50 ms leaves room for one long step.
const SLICE_MS = 25;

// Timers are clamped and microtasks never let an abort event through; a message is the cheapest macrotask everywhere.
function macrotask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

// Passes on the first and the last step of a phase and at most one step per 50 ms between them.
function throttle(onProgress: ((progress: Progress) => void) | undefined): (progress: Progress) => void {
  if (onProgress === undefined) return () => {};
  let phase: string | undefined;
  let last = 0;
  return (progress) => {
    const now = performance.now();
    if (progress.phase !== phase || progress.done >= progress.total || now - last >= 50) {
      phase = progress.phase;
      last = now;
      onProgress(progress);
    }
  };
}

/**
 * Runs a task, yielding to the event loop at least every 50 ms.
 *
 * @throws `signal.reason` when cancelled; the task's `finally` blocks run first.
 */
export async function drive<T>(task: Task<T>, options: DriveOptions = {}): Promise<T> {
  const { signal } = options;
  const report = throttle(options.onProgress);
  let sliceEnd = performance.now() + SLICE_MS;
  try {
    signal?.throwIfAborted();
    for (;;) {
      const step = task.next();
      if (step.done === true) return step.value;
      report(step.value);
      if (performance.now() >= sliceEnd) {
        await macrotask();
        sliceEnd = performance.now() + SLICE_MS;
      }
      signal?.throwIfAborted();
    }
  } finally {
    task.return(undefined as T);
  }
}

/** Runs a task to its end without yielding. `signal` is checked at every step. */
export function driveSync<T>(task: Task<T>, options: DriveOptions = {}): T {
  const report = throttle(options.onProgress);
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const step = task.next();
      if (step.done === true) return step.value;
      report(step.value);
    }
  } finally {
    task.return(undefined as T);
  }
}

/** {@link drive} for a function whose options hold `signal` and `onProgress` beside its own: the task is made with its own alone. */
export async function driveWith<O extends DriveOptions, T>(options: O, task: (own: Omit<O, keyof DriveOptions>) => Task<T>): Promise<T> {
  const { signal, onProgress, ...own } = options;
  return drive(task(own), { signal, onProgress });
}

/** {@link driveSync} likewise. */
export function driveWithSync<O extends DriveOptions, T>(options: O, task: (own: Omit<O, keyof DriveOptions>) => Task<T>): T {
  const { signal, onProgress, ...own } = options;
  return driveSync(task(own), { signal, onProgress });
}

/** The same task with its progress changed on the way out; ends the inner task when it is ended itself. */
export function* mapProgress<T>(task: Task<T>, change: (progress: Progress) => Progress): Task<T> {
  try {
    for (;;) {
      const step = task.next();
      if (step.done === true) return step.value;
      yield change(step.value);
    }
  } finally {
    task.return(undefined as T);
  }
}
