/** Counting offending pairs of rows between two roles without looking at pairs. */
import { show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import type { LabelSpans } from './types.ts';

export type OffenceKind = 'shared-row' | 'overlap' | 'embargo' | 'order' | 'unlabelled';

/** The rows of one role, with counts by session. */
export interface Role {
  readonly name: string;
  /** Distinct rows. */
  readonly rows: Uint32Array;
  readonly labelled: Uint32Array;
  readonly unlabelled: Uint32Array;
  /** Labelled rows whose session is below s, shape (sessionCount + 1). */
  readonly startsBefore: Uint32Array;
  /** Labelled rows whose label end is below s, shape (sessionCount + 1). */
  readonly endsBefore: Uint32Array;
}

/** Reads a role. Rows may be in any order; a repeated row counts once. */
export function readRole(fn: string, spans: LabelSpans, rowCount: number, path: string, name: string, given: ArrayLike<number>): Role {
  if (typeof given !== 'object' || given === null || typeof given.length !== 'number') throw new DomainError(`${fn}: ${path} must be an array of row indices, got ${show(given)}`);
  const seen = new Uint8Array(rowCount);
  const rows = new Uint32Array(given.length);
  let count = 0;
  for (let i = 0; i < given.length; i++) {
    const row = given[i];
    if (!Number.isInteger(row) || row < 0 || row >= rowCount) throw new DomainError(`${fn}: ${path} must hold row indices below ${rowCount}, got ${show(row)} at position ${i}`);
    if (seen[row] === 1) continue;
    seen[row] = 1;
    rows[count++] = row;
  }
  const distinct = rows.slice(0, count);
  const { session, endSession, sessionCount } = spans;
  const labelled = distinct.filter((row) => endSession[row] >= 0);
  const countsBelow = (at: ArrayLike<number>): Uint32Array => {
    const counts = new Uint32Array(sessionCount + 1);
    for (const row of labelled) counts[at[row] + 1]++;
    for (let s = 1; s <= sessionCount; s++) counts[s] += counts[s - 1];
    return counts;
  };
  return { name, rows: distinct, labelled, unlabelled: distinct.filter((row) => endSession[row] < 0), startsBefore: countsBelow(session), endsBefore: countsBelow(endSession) };
}

export interface PairOffences {
  readonly kind: OffenceKind;
  readonly count: number;
  readonly rows: readonly (readonly [number, number])[];
}

const SAMPLE = 10;

/** The offences between an earlier-used and a later-used role. Kinds without one have count 0. */
export function comparePair(spans: LabelSpans, earlier: Role, later: Role, rules: { readonly embargoSessions: number; readonly chronological: boolean }): readonly PairOffences[] {
  const { session, endSession } = spans;
  const isLater = new Uint8Array(session.length);
  for (const row of later.rows) isLater[row] = 1;
  const shared = earlier.rows.filter((row) => isLater[row] === 1);
  const { startsBefore, endsBefore } = later;
  const { embargoSessions, chronological } = rules;
  const tally = (kind: OffenceKind, partners: (row: number) => number, offends: (row: number, other: number) => boolean): PairOffences => {
    let count = 0;
    const rows: [number, number][] = [];
    for (const row of earlier.labelled) {
      const found = partners(row);
      if (found === 0) continue;
      count += found;
      if (rows.length < SAMPLE) rows.push([row, later.labelled[later.labelled.findIndex((other) => offends(row, other))]]);
    }
    return { kind, count, rows };
  };
  const offences: PairOffences[] = [
    { kind: 'shared-row', count: shared.length, rows: Array.from(shared.subarray(0, SAMPLE), (row) => [row, row] as const) },
    // Intervals meet unless one ends before the other starts. A shared row meets itself; that is said once, above.
    tally('overlap', (row) => startsBefore[endSession[row] + 1] - endsBefore[session[row]] - isLater[row], (row, other) => row !== other && session[other] <= endSession[row] && endSession[other] >= session[row]),
  ];
  if (embargoSessions > 0) {
    offences.push(tally('embargo', (row) => endsBefore[session[row]] - endsBefore[Math.max(0, session[row] - embargoSessions)], (row, other) => endSession[other] < session[row] && session[row] <= endSession[other] + embargoSessions));
  }
  if (chronological) offences.push(tally('order', (row) => endsBefore[session[row]], (row, other) => endSession[other] < session[row]));
  return offences;
}
