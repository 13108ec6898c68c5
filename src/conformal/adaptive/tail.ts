/** One radius that adapts: an adaptor with the scores and the state it needs. */
import { requireOneOf, show } from '../../core/assert.ts';
import { DomainError, SchemaError } from '../../core/errors.ts';
import { anything, count, object, oneOf, within } from '../../core/shape.ts';
import type { Shape } from '../../core/shape.ts';
import { conformalRank } from '../radius.ts';
import { aci, aciStep } from './aci.ts';
import type { Aci } from './aci.ts';
import { dtaci, dtaciLevel, dtaciStart, dtaciStep } from './dtaci.ts';
import type { Dtaci, DtaciState } from './dtaci.ts';
import { quantileTracker, trackerRadius, trackerStart, trackerStep } from './quantile-tracker.ts';
import type { QuantileTracker, TrackerState } from './quantile-tracker.ts';
import { rolling } from './rolling.ts';
import type { Rolling } from './rolling.ts';
import { ScoreWindow } from './score-window.ts';
import type { ScoreWindowState } from './score-window.ts';

/** How a radius follows the outcomes. */
export type Adaptor = Rolling | Aci | Dtaci | QuantileTracker;

/** What an adaptor remembers besides scores: the radius without an adaptor, nothing for `rolling`, the level for `aci`. */
export type AdaptorState = { readonly radius: number } | { readonly level: number } | DtaciState | TrackerState | Readonly<Record<string, never>>;

/** A tail as plain data. */
export interface TailState {
  readonly adaptor: AdaptorState;
  /** Null for a tail that needs no scores. */
  readonly window: ScoreWindowState | null;
}

export interface TailOptions {
  /** Null: the radius stays as it started. */
  readonly adapt: Adaptor | null;
  /** Miscoverage level of this tail, in (0, 1). */
  readonly alpha: number;
  /** Sessions in a label's span, >= 1. */
  readonly overlap: number;
  /** Fewer scores give an infinite radius. */
  readonly minimumRows: number;
}

const KINDS: readonly Adaptor['kind'][] = ['rolling', 'aci', 'dtaci', 'quantile-tracker'];

/** The adaptor as checked, frozen data. */
export function requireAdaptor(fn: string, adapt: Adaptor): Adaptor {
  if (typeof adapt !== 'object' || adapt === null) throw new DomainError(`${fn}: adapt must be made by rolling, aci, dtaci or quantileTracker, got ${show(adapt)}`);
  requireOneOf(fn, 'adapt.kind', adapt.kind, KINDS);
  switch (adapt.kind) {
    case 'rolling': {
      const { kind: _, ...options } = adapt;
      return rolling(options);
    }
    case 'aci': {
      const { kind: _, ...options } = adapt;
      return aci(options);
    }
    case 'dtaci': {
      const { kind: _, ...options } = adapt;
      return dtaci(options);
    }
    case 'quantile-tracker': {
      const { kind: _, ...options } = adapt;
      return quantileTracker(options);
    }
  }
}

/** Level, radius and steps of one tail. Mutable; its `state` is plain data. */
export class AdaptiveTail {
  readonly #options: TailOptions;
  readonly #window: ScoreWindow | null;
  #state: AdaptorState;

  constructor(options: TailOptions, state?: TailState) {
    const { adapt, alpha } = options;
    this.#options = options;
    this.#window = windowOf(adapt);
    this.#state = state?.adaptor ?? startState(adapt, alpha, Infinity);
    if (state?.window != null) forEachSession(state.window, (scores: Float64Array) => this.#window!.push(scores));
  }

  /** The level in force; outside (0, 1) when the adaptor says so. */
  get level(): number {
    const { adapt, alpha } = this.#options;
    if (adapt?.kind === 'aci') return (this.#state as { level: number }).level;
    return adapt?.kind === 'dtaci' ? dtaciLevel(this.#state as DtaciState) : alpha;
  }

  /** The radius for the next session. */
  get radius(): number {
    const { adapt, overlap, minimumRows } = this.#options;
    if (adapt === null) return (this.#state as { radius: number }).radius;
    if (adapt.kind === 'quantile-tracker') return trackerRadius(adapt, this.#state as TrackerState);
    return this.#window!.size < minimumRows ? Infinity : this.#window!.radius(this.level, overlap, adapt.decay);
  }

  /**
   * Starts on calibration scores, oldest session first.
   *
   * @param fallback - radius of a tracker whose scores are too few for a finite one
   */
  start(sessions: readonly ArrayLike<number>[], fallback: number = Infinity): void {
    const { adapt, alpha, overlap, minimumRows } = this.#options;
    if (this.#window !== null) {
      for (const scores of sessions) this.#window.push(scores);
      return;
    }
    const sorted = Float64Array.from(sessions.flatMap((scores) => Array.from(scores))).sort();
    const rank = conformalRank(sorted.length + overlap - 1, alpha);
    const radius = rank > sorted.length || sorted.length < minimumRows ? Infinity : sorted[rank - 1];
    this.startAt(adapt !== null && radius === Infinity ? fallback : radius);
  }

  /** Starts a tail without a window at a radius. */
  startAt(radius: number): void {
    this.#state = startState(this.#options.adapt, this.#options.alpha, radius);
  }

  /**
   * One step for the rows of one session, whatever their number.
   *
   * @param scores - without NaN; nothing happens without a score
   * @param radius - the radius that was in force when the session's intervals were issued
   */
  step(scores: ArrayLike<number>, radius: number): void {
    if (scores.length === 0) return;
    const { adapt, alpha, overlap } = this.#options;
    let misses = 0;
    for (let i = 0; i < scores.length; i++) if (scores[i] > radius) misses++;
    const missShare = misses / scores.length;
    if (adapt?.kind === 'aci') this.#state = { level: aciStep(adapt, this.level, alpha, missShare) };
    else if (adapt?.kind === 'quantile-tracker') this.#state = trackerStep(adapt, this.#state as TrackerState, alpha, missShare);
    else if (adapt?.kind === 'dtaci') {
      // A score is within the radius at level b when (n + overlap)(1 - b) exceeds the number of smaller scores.
      const window = this.#window!;
      const betas = Float64Array.from(scores, (score) => 1 - window.countBelow(score) / (window.size + overlap));
      this.#state = dtaciStep(adapt, this.#state as DtaciState, alpha, betas);
    }
    this.#window?.push(scores);
  }

  get state(): TailState {
    return { adaptor: this.#state, window: this.#window?.state ?? null };
  }
}

function windowOf(adapt: Adaptor | null): ScoreWindow | null {
  return adapt === null || adapt.kind === 'quantile-tracker' ? null : new ScoreWindow(adapt.window);
}

function startState(adapt: Adaptor | null, alpha: number, radius: number): AdaptorState {
  switch (adapt?.kind) {
    case undefined: return { radius };
    case 'rolling': return {};
    case 'aci': return { level: alpha };
    case 'dtaci': return dtaciStart(adapt, alpha);
    case 'quantile-tracker': return trackerStart(radius);
  }
}

function forEachSession({ scores, sessionRows }: ScoreWindowState, visit: (scores: Float64Array) => void): void {
  for (let i = 0, s = 0; i < scores.length; s++) {
    const end = i + (sessionRows === null ? 1 : sessionRows[s]);
    visit(scores.subarray(i, end));
    i = end;
  }
}

/** Throws SchemaError unless a tail can go on from the decoded data. */
export function checkTailState(adapt: Adaptor | null, state: unknown, path: string): TailState {
  const experts = adapt?.kind === 'dtaci' ? adapt.gammas.length : 0;
  const shapes: Record<Adaptor['kind'] | 'none', Shape> = {
    none: object({ radius: number }),
    rolling: object({}),
    aci: object({ level: number }),
    dtaci: object({ levels: floats(experts, -Infinity, Infinity), weights: floats(experts, 0, 1) }),
    'quantile-tracker': object({ start: number, radius: number, excess: number, steps: count }),
  };
  object({ adaptor: shapes[adapt?.kind ?? 'none'], window: adapt === null || adapt.kind === 'quantile-tracker' ? oneOf(null) : windowShape(adapt.window) })(state, path);
  return state as TailState;
}

const number = within(-Infinity, Infinity); // not NaN

function floats(length: number, min: number, max: number): Shape {
  return (value, path) => {
    if (!(value instanceof Float64Array && value.length === length && value.every((x) => x >= min && x <= max))) throw new SchemaError(`${path} must be a Float64Array of ${length} numbers in [${min}, ${max}]`);
  };
}

function windowShape(capacity: number): Shape {
  return (value, path) => {
    object({ scores: anything, sessionRows: anything })(value, path);
    const { scores, sessionRows } = value as ScoreWindowState;
    const ok = scores instanceof Float64Array && scores.every((score: number) => score === score) &&
      (sessionRows === null ? scores.length <= capacity : sessionRows instanceof Uint32Array && sessionRows.length <= capacity && sessionRows.every((rows: number) => rows > 0) && sessionRows.reduce((sum: number, rows: number) => sum + rows, 0) === scores.length);
    if (!ok) throw new SchemaError(`${path} must hold the scores of at most ${capacity} sessions, none NaN, and the number of each session's`);
  };
}
