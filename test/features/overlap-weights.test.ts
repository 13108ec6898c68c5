import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeLabel, forwardReturn, type LabelTable, overlapWeights } from '../../src/features/index.ts';
import { type Panel, syntheticPanel } from '../../src/panel/index.ts';
import { panelOf, series } from './bars.ts';

const DIGITS = 12;

/** The definition, session by session. */
function byDefinition(panel: Panel, { endSession }: LabelTable): number[] {
  const rows = Array.from({ length: panel.rowCount }, (_, row) => row);
  const covers = (row: number, s: number): boolean => s > panel.session[row] && s <= endSession[row];
  return rows.map((row) => {
    if (endSession[row] < 0) return 0;
    const peers = rows.filter((other) => panel.entity[other] === panel.entity[row]);
    let sum = 0;
    for (let s = panel.session[row] + 1; s <= endSession[row]; s++) sum += 1 / peers.filter((other) => covers(other, s)).length;
    return sum / (endSession[row] - panel.session[row]);
  });
}

describe('overlapWeights', () => {
  it('average uniqueness by hand: two-session labels at every session', () => {
    const panel = panelOf(series([1, 2, 3, 4, 5]));
    // Windows {1,2}, {2,3}, {3,4}: alive 1, 2, 2, 1
    const weights = overlapWeights(panel, computeLabel(panel, forwardReturn({ sessions: 2 })));
    expect(Array.from(weights)).toEqual([0.75, 0.5, 0.75, 0, 0]);
  });
  it('is 1 for one-session labels, and entities do not overlap each other', () => {
    const panel = panelOf([...series([1, 2, 3], 'close', 'A'), ...series([1, 2, 3], 'close', 'B')]);
    expect(Array.from(overlapWeights(panel, computeLabel(panel, forwardReturn({ sessions: 1 }))))).toEqual([1, 1, 1, 1, 0, 0]);
  });
  it('equals the definition for any label ends', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e6 }), fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 60, maxLength: 60 }), (seed, spans) => {
      const panel = syntheticPanel({ entities: 4, sessions: 15, seed, listedAndDelisted: 1 });
      const endSession = Int32Array.from({ length: panel.rowCount }, (_, row) => (spans[row % 60] < 1 ? -1 : panel.session[row] + spans[row % 60]));
      const label = { ...computeLabel(panel, forwardReturn({ sessions: 1 })), endSession };
      const expected = byDefinition(panel, label);
      overlapWeights(panel, label).forEach((weight, row) => {
        expect(weight).toBeCloseTo(expected[row], DIGITS);
      });
    }), { numRuns: 50 });
  });
  it('refuses a table of another panel', () => {
    const panel = panelOf(series([1, 2, 3]));
    const other = computeLabel(panelOf(series([1, 2])), forwardReturn({ sessions: 1 }));
    expect(() => overlapWeights(panel, other)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
