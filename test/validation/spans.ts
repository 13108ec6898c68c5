/** Label spans for the tests: hand-made, random, and panels of a fixed horizon. */
import fc from 'fast-check';
import type { LabelSpans } from '../../src/validation/index.ts';

/** Every entity has a row at every session; labels end `horizon` sessions later, the last `horizon` sessions have none. */
export function panelSpans(entities: number, sessionCount: number, horizon: number): LabelSpans {
  const session: number[] = [];
  const endSession: number[] = [];
  for (let s = 0; s < sessionCount; s++) {
    for (let e = 0; e < entities; e++) {
      session.push(s);
      endSession.push(s + horizon < sessionCount ? s + horizon : -1);
    }
  }
  return { session, endSession, sessionCount };
}

/** One row per session; row i spans [i, ends[i]]. */
export function rowPerSession(ends: readonly number[]): LabelSpans {
  return { session: ends.map((_, i) => i), endSession: ends, sessionCount: ends.length };
}

/** Any panel: several rows per session or none, labels of any length, some missing, rows in any order. */
export const anySpans: fc.Arbitrary<LabelSpans> = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 8 })).chain(([sessionCount, longest]) =>
  fc.array(fc.record({ at: fc.nat(sessionCount - 1), length: fc.integer({ min: -1, max: longest }) }), { minLength: 1, maxLength: 60, size: 'max' }).map((rows) => ({
    session: rows.map(({ at }) => at),
    endSession: rows.map(({ at, length }) => (length < 0 || at + length >= sessionCount ? -1 : at + length)),
    sessionCount,
  })));

/** Half-open ranges to row indices, as the reference file stores sets. */
export function fromRanges(ranges: readonly (readonly number[])[]): number[] {
  return ranges.flatMap(([start, stop]) => Array.from({ length: stop - start }, (_, i) => start + i));
}
