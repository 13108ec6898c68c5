/** Coverage as it happens: overall, by group and in the worst run of sessions. */
import { SchemaError } from '../../core/errors.ts';
import { count, list, nullable, object, within } from '../../core/shape.ts';
import type { CoverageWindow } from '../../metrics/rolling-coverage.ts';

/** Coverage of the outcomes that came in. */
export interface LiveCoverage {
  /** Share of outcomes inside their interval; NaN without a row (`n` is 0). */
  readonly coverage: number;
  /** Rows whose outcome came in. */
  readonly n: number;
  /** Rows left out: an outcome that is NaN or never came, or an interval that is. */
  readonly missing: number;
  /** Sessions with at least one row. */
  readonly sessions: number;
  /** By group code, one for every group; rows without a group count in the total only. */
  readonly byGroup: readonly { readonly group: number; readonly coverage: number; readonly n: number }[];
  /** The first of the worst runs of `coverageSessions` sessions with rows; null when `reason` is not. */
  readonly worst: CoverageWindow | null;
  readonly reason: 'too-few-sessions' | null;
  /** Share of rows whose interval had an infinite bound: covered, and of no use. NaN without a row. */
  readonly shareInfinite: number;
  /** Share of rows whose interval was empty; NaN without a row. */
  readonly shareEmpty: number;
}

export interface CoverageState {
  readonly inside: number;
  readonly infinite: number;
  readonly empty: number;
  readonly missing: number;
  readonly n: number;
  readonly sessions: number;
  readonly groupN: readonly number[];
  readonly groupInside: readonly number[];
  /** Code, rows and covered rows of the last sessions, oldest first. */
  readonly last: { readonly session: readonly number[]; readonly n: readonly number[]; readonly inside: readonly number[] };
  readonly worst: CoverageWindow | null;
}

/** A row whose outcome came in. */
export interface CoveredRow {
  /** -1 for none. */
  readonly group: number;
  readonly inside: boolean;
  readonly width: 'finite' | 'infinite' | 'empty';
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K] };

/** Counts rows session by session. Mutable; its `state` is plain data. */
export class CoverageTracker {
  readonly #windowSessions: number;
  #state: Mutable<CoverageState>;

  constructor(groups: number, windowSessions: number, state?: CoverageState) {
    const zeros = (): number[] => new Array<number>(groups).fill(0);
    this.#windowSessions = windowSessions;
    this.#state = state === undefined
      ? { inside: 0, infinite: 0, empty: 0, missing: 0, n: 0, sessions: 0, groupN: zeros(), groupInside: zeros(), last: { session: [], n: [], inside: [] }, worst: null }
      : copyOf(state);
  }

  /** Counts the rows of one session; sessions come in ascending order. */
  add(session: number, rows: readonly CoveredRow[], missing: number): void {
    const state = this.#state;
    let inside = 0;
    for (const row of rows) {
      const hit = row.inside ? 1 : 0;
      inside += hit;
      if (row.width !== 'finite') state[row.width]++;
      if (row.group >= 0) {
        state.groupN[row.group]++;
        state.groupInside[row.group] += hit;
      }
    }
    state.missing += missing;
    if (rows.length === 0) return;
    state.inside += inside;
    state.n += rows.length;
    state.sessions++;
    const last = state.last as Mutable<CoverageState['last']>;
    last.session.push(session);
    last.n.push(rows.length);
    last.inside.push(inside);
    if (last.n.length > this.#windowSessions) for (const values of Object.values(last)) values.shift();
    if (last.n.length < this.#windowSessions) return;
    const n = total(last.n);
    const coverage = total(last.inside) / n;
    if (state.worst === null || coverage < state.worst.coverage) state.worst = { coverage, firstSession: last.session[0], lastSession: session, n };
  }

  get report(): LiveCoverage {
    const { inside, infinite, empty, missing, n, sessions, groupN, groupInside, worst } = this.#state;
    return Object.freeze({
      coverage: inside / n,
      n,
      missing,
      sessions,
      byGroup: Object.freeze(groupN.map((rows, group) => Object.freeze({ group, coverage: groupInside[group] / rows, n: rows }))),
      worst: worst && Object.freeze({ ...worst }),
      reason: worst === null ? 'too-few-sessions' : null,
      shareInfinite: infinite / n,
      shareEmpty: empty / n,
    });
  }

  get state(): CoverageState {
    return copyOf(this.#state);
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function copyOf(state: CoverageState): CoverageState & Mutable<CoverageState> {
  const { last } = state;
  return { ...state, groupN: [...state.groupN], groupInside: [...state.groupInside], last: { session: [...last.session], n: [...last.n], inside: [...last.inside] } };
}

/** Throws SchemaError unless counting can go on from the decoded data. */
export function checkCoverageState(state: unknown, path: string, groups: number, windowSessions: number): CoverageState {
  const number = within(-Infinity, Infinity);
  const perGroup = list(count, groups, groups);
  const lately = list(count, windowSessions);
  object({
    inside: count, infinite: count, empty: count, missing: count, n: count, sessions: count, groupN: perGroup, groupInside: perGroup,
    last: object({ session: list(number, windowSessions), n: lately, inside: lately }),
    worst: nullable(object({ coverage: within(0, 1), firstSession: number, lastSession: number, n: count })),
  })(state, path);
  const { last } = state as CoverageState;
  if (last.session.length !== last.n.length || last.n.length !== last.inside.length) throw new SchemaError(`${path}.last must hold as many sessions as counts`);
  return state as CoverageState;
}
