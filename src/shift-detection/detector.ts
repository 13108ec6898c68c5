/** What all sequential detectors share: counting, warm-up, cool-down, reset, one alarm per drift, and state that resumes. */
import { DomainError, QuantwrightError, SchemaError } from '../core/errors.ts';

export type DetectorLevel = 'none' | 'warning' | 'drift';

/** Whether an update could alarm, and why not. */
export type DetectorPhase = 'monitoring' | 'warm-up' | 'cool-down' | 'missing';

export type Direction = 'up' | 'down';

/** What one update says. */
export interface DetectorStatus {
  /** The level became `drift` at this update: true once per drift. */
  readonly alarm: boolean;
  /** `none` outside the phase `monitoring`. */
  readonly level: DetectorLevel;
  readonly phase: DetectorPhase;
  /** 0-based number of this update; missing values are numbered too. */
  readonly index: number;
  /** What the method compares with `threshold`; NaN when the value is missing or the method has nothing to compare yet. */
  readonly statistic: number;
  readonly threshold: number;
  /** The side that `statistic` is about, or null. */
  readonly direction: Direction | null;
  /** At warning and drift: estimated index of the first changed value. Null where the method has no estimate. */
  readonly onset: number | null;
}

/** What a method makes of one value, before warm-up and cool-down have their say. */
export interface Reading {
  readonly level: DetectorLevel;
  readonly statistic: number;
  readonly threshold: number;
  readonly direction?: Direction | null;
  readonly onset?: number | null;
}

/** Options of every detector. */
export interface DetectorOptions {
  /** Values since the start or the last reset, the present one included, without which the level stays `none`. The default is the method's own. */
  readonly minimumSamples?: number;
  /** Values after an alarm for which the level stays `none`; the detector learns from them. @default 0 */
  readonly coolDown?: number;
  /** Forgets all values at an alarm. Otherwise goes on, and alarms again after the level has left `drift` or a cool-down has passed. @default true */
  readonly resetAtAlarm?: boolean;
}

/** What a method remembers. No NaN. */
export type DetectorMemory = Readonly<Record<string, number | Float64Array>>;

/** A detector at rest: plain data that passes through the plain codec and structured clone, and continues to the same bits. */
export interface DetectorState extends Readonly<Counts> {
  readonly kind: string;
  readonly options: object;
  readonly memory: DetectorMemory;
}

interface Counts {
  updates: number;
  /** Updates whose value was no finite number, or beyond 1e100. */
  missing: number;
  alarms: number;
  /** Values since the start or the last reset. */
  samples: number;
  /** Values of the cool-down that are left. */
  cooling: number;
  /** The last value was at level `drift`. */
  drifting: boolean;
}

/** One option: a number with default (NaN: there is none) and bounds, or all allowed values with the default first. */
export type OptionRule = readonly [value: number, min: number, max?: number, kind?: 'integer'] | readonly (string | boolean)[];

/** Options with all defaults filled in. */
export type Resolved<O extends DetectorOptions> = Readonly<Required<O>>;

const MISSING: Reading = { level: 'none', statistic: NaN, threshold: NaN };

// Written out, since the checks of core/assert with their search for the nearest name are two thirds of what a page should pay for one detector.
function resolveOptions(fn: string, options: object, rules: Readonly<Record<string, OptionRule>>): object {
  if (typeof options !== 'object' || options === null) throw new DomainError(`${fn}: options must be an object, got ${options}`);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) throw new QuantwrightError('ERR_UNKNOWN_NAME', `${fn}: unknown option "${name}"; known: ${Object.keys(rules)}`);
  }
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => {
    const [first, min, max = Infinity, kind = 'number'] = rule as readonly [number, number, number?, string?];
    const { [name]: given = first } = options as Record<string, number>;
    const isNumeric = typeof first === 'number';
    const ok = isNumeric ? Number[kind === 'integer' ? 'isSafeInteger' : 'isFinite'](given) && given >= min && given <= max : (rule as readonly unknown[]).includes(given);
    if (!ok) throw new DomainError(`${fn}: ${name} must be ${isNumeric ? `a finite ${kind} in [${min}, ${max}]` : `one of ${rule}`}, got ${given}`);
    return [name, given];
  }));
}

function copy<M extends DetectorMemory>(memory: M): M {
  return Object.fromEntries(Object.entries(memory).map(([name, value]) => [name, typeof value === 'number' ? value : value.slice()])) as M;
}

/**
 * A detector of change in a stream of numbers.
 *
 * A value that is not a finite number, or beyond 1e100, is missing: numbered, counted, and without any other effect.
 */
export abstract class SequentialDetector<O extends DetectorOptions, M extends DetectorMemory> {
  readonly kind: string;
  readonly options: Resolved<O>;
  protected memory: M;
  readonly #start: (options: Resolved<O>) => M;
  #counts: Counts = { updates: 0, missing: 0, alarms: 0, samples: 0, cooling: 0, drifting: false };

  /**
   * @param fn - name for messages
   * @param minimumSamples - the method's default
   * @param start - memory of a detector that has seen no value
   */
  protected constructor(fn: string, kind: string, options: O, minimumSamples: number, rules: Readonly<Record<string, OptionRule>>, start: (options: Resolved<O>) => M) {
    this.kind = kind;
    this.options = Object.freeze(resolveOptions(fn, options, { ...rules, minimumSamples: [minimumSamples, 1, Infinity, 'integer'], coolDown: [0, 0, Infinity, 'integer'], resetAtAlarm: [true, false] })) as Resolved<O>;
    this.#start = start;
    this.memory = start(this.options);
  }

  /**
   * Learns a finite value.
   *
   * @param index - number of the update
   * @param samples - values since the last reset, this one included
   */
  protected abstract observe(value: number, index: number, samples: number): Reading;

  update(value: number): DetectorStatus {
    const { minimumSamples, coolDown, resetAtAlarm } = this.options as Resolved<DetectorOptions>;
    const counts = this.#counts;
    const index = counts.updates++;
    const present = Number.isFinite(value) && Math.abs(value) <= 1e100; // whose squares and sums are finite
    const { level: raw, statistic, threshold, direction = null, onset = null } = present ? this.observe(value, index, ++counts.samples) : MISSING;
    const phase = present ? (counts.samples < minimumSamples ? 'warm-up' : counts.cooling > 0 ? 'cool-down' : 'monitoring') : 'missing';
    const level = phase === 'monitoring' ? raw : 'none';
    const alarm = level === 'drift' && !counts.drifting;
    if (present) {
      counts.drifting = level === 'drift';
      if (counts.cooling > 0) counts.cooling--;
    } else counts.missing++;
    if (alarm) {
      counts.alarms++;
      if (resetAtAlarm) this.reset();
      counts.cooling = coolDown;
    }
    return { alarm, level, phase, index, statistic, threshold, direction, onset: level === 'none' ? null : onset };
  }

  /** Updates with each value in turn; returns the alarms among them. */
  updateMany(values: ArrayLike<number>): readonly DetectorStatus[] {
    const alarms: DetectorStatus[] = [];
    for (let i = 0; i < values.length; i++) {
      const status = this.update(values[i]);
      if (status.alarm) alarms.push(status);
    }
    return alarms;
  }

  /** Forgets all values, and a cool-down. Numbers and counts of updates go on. */
  reset(): void {
    this.memory = this.#start(this.options);
    Object.assign(this.#counts, { samples: 0, cooling: 0, drifting: false });
  }

  /** A copy of all the detector knows. */
  get state(): DetectorState {
    return Object.freeze({ kind: this.kind, options: this.options, ...this.#counts, memory: Object.freeze(copy(this.memory)) });
  }

  /** Goes on from a state of a detector with the same options, unchecked: restore functions check. */
  resume(state: DetectorState): void {
    const { kind: _kind, options: _options, memory, ...counts } = state;
    this.memory = copy(memory as M);
    this.#counts = counts;
  }
}

/**
 * The detector a state was taken from, to the bit.
 *
 * @param make - a detector with these options
 * @param isSound - false for memory that the method could not have left. @default arrays must be as long as at the start
 * @throws SchemaError for data that is not the state of such a detector
 */
export function restoreDetector<O, T extends { readonly state: DetectorState; resume(state: DetectorState): void }, M extends DetectorMemory>(
  fn: string, state: unknown, make: (options: O) => T, isSound?: (memory: M, detector: T, samples: number) => boolean,
): T {
  const check = (ok: boolean, name: string, cause?: unknown): void => {
    if (!ok) throw new SchemaError(`${fn}: state must be that of a detector of this kind, ${name} is not`, cause === undefined ? {} : { cause });
  };
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
  check(isObject(state), 'its type');
  const { options, kind, memory, ...counts } = state as Omit<DetectorState, 'options'> & { readonly options: unknown };
  let detector: T | undefined;
  try {
    detector = make(options as O);
  } catch (cause) {
    check(false, 'options', cause);
  }
  const fresh = (detector as T).state;
  check(kind === fresh.kind, 'kind');
  check(isObject(memory), 'memory');
  const known: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fresh)) {
    const given: unknown = (counts as Record<string, unknown>)[name];
    if (typeof value === 'number') check(Number.isSafeInteger(given) && (given as number) >= 0, name);
    else if (typeof value === 'boolean') check(typeof given === 'boolean', name);
    else continue;
    known[name] = given;
  }
  const kept: Record<string, number | Float64Array> = {};
  for (const [name, value] of Object.entries(fresh.memory)) {
    const given = memory[name];
    const isSame = typeof value === 'number' ? typeof given === 'number' && given === given : given instanceof Float64Array && !given.some(Number.isNaN) && (isSound !== undefined || given.length === value.length);
    check(isSame, `memory.${name}`);
    kept[name] = given;
  }
  check(isSound === undefined || isSound(kept as M, detector as T, counts.samples), 'memory');
  (detector as T).resume({ ...fresh, ...known, memory: kept });
  return detector as T;
}
