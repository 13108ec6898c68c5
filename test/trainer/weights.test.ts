import { describe, expect, it } from 'vitest';
import { driveSync } from '../../src/core/drive.ts';
import { mean } from '../../src/core/stats.ts';
import { overlapWeights } from '../../src/features/index.ts';
import { selectSessions } from '../../src/panel/index.ts';
import { foldsOf } from '../../src/trainer/fit.ts';
import { ridge, walkForward } from '../../src/trainer/index.ts';
import type { Recipe, RecipeOptions, WalkForwardRun } from '../../src/trainer/index.ts';
import { gather, prepareTask } from '../../src/trainer/prepare.ts';
import type { Prepared } from '../../src/trainer/prepare.ts';
import { teacherOf } from '../../src/trainer/teach.ts';
import { smallPanel, smallRecipe } from '../support/small.ts';

const panel = smallPanel({ entities: 12, sessions: 260 });
// Ends two sessions into the second segment: labels that end later, which the whole panel has, are not there.
const cut = selectSessions(panel, { to: panel.sessions[191] });
const recipe = (options: Partial<RecipeOptions>): Recipe => smallRecipe({ members: { ridge: ridge({ alpha: 10 }) }, selection: 'none', splits: { folds: 2 }, ...options });
const prepare = (r: Recipe, p = panel): Prepared => driveSync(prepareTask(p, r));

/** The models of the first two segments and what they said up to the end of the cut. */
const saidBy = (run: WalkForwardRun): unknown => run.segments.slice(0, 2).map(({ model, predictions }) => ({ model, predictions: predictions.filter((row) => row.time <= panel.sessions[191]) }));

describe('weights do not look ahead', () => {
  it.each([
    ['recency', { weights: { recencyHalfLifeSessions: 40 } }],
    ['overlap, without a calibration part', { weights: { overlap: true }, splits: { folds: 2, calibration: 0 } }],
    ['both', { weights: { overlap: true, recencyHalfLifeSessions: 40 }, splits: { folds: 2, calibration: 0 } }],
    ['both, refitted on all', { weights: { overlap: true, recencyHalfLifeSessions: 40 }, refit: 'all' as const }],
  ])('%s: models and predictions are the same however much future the panel holds', async (_name, options) => {
    const r = recipe(options);
    const [short, long] = [await walkForward(cut, r, { refitEvery: 30, from: 160 }), await walkForward(panel, r, { refitEvery: 30, from: 160 })];
    expect(short.segments.every((segment) => segment.status === 'predicted')).toBe(true);
    expect(short.segments.map((segment) => segment.predictions.length)).toEqual([360, 24]);
    expect(saidBy(long)).toEqual(saidBy(short));
  });

  it('and do count: another half-life is another model', async () => {
    const values = async (weights: Partial<Recipe['weights']>): Promise<number[]> => (await walkForward(cut, recipe({ weights }), { refitEvery: 60, from: 160 })).rows.map((row) => row.prediction);
    const [none, recency, overlap] = [await values({}), await values({ recencyHalfLifeSessions: 40 }), await values({ overlap: true })];
    expect(recency).not.toEqual(none);
    expect(overlap).not.toEqual(none);
  });
});

describe('teacherOf', () => {
  const r = recipe({ weights: { overlap: true, recencyHalfLifeSessions: 40 } });
  const prepared = prepare(r);
  const known = prepared.rows.filter((row) => prepared.label.endSession[row] < 150);

  it('gives weights of mean 1 over the rows of each fit and 0 to rows outside it', () => {
    const teach = teacherOf(prepared, known);
    const fits = [known, ...(foldsOf(prepared, known) ?? []).map(({ train }) => train), known.subarray(0, 7)];
    expect(fits).toHaveLength(4);
    for (const rows of fits) {
      const weights = teach(prepared.featureIndices, rows).weights ?? new Float64Array();
      const inside = new Set(rows);
      expect(weights).toHaveLength(panel.rowCount);
      expect(mean(gather(weights, rows))).toBeCloseTo(1, 12);
      expect(gather(weights, rows).every((w) => w > 0)).toBe(true);
      expect(weights.every((w, row) => inside.has(row) || w === 0)).toBe(true);
    }
  });

  it('halves the weight of a row a half-life of sessions older', () => {
    const onlyRecency = prepare(recipe({ weights: { recencyHalfLifeSessions: 40 } }));
    const weights = teacherOf(onlyRecency, known)([0], known).weights ?? new Float64Array();
    const rowAt = (session: number): number => known.find((row) => panel.session[row] === session) ?? -1;
    expect(weights[rowAt(60)] / weights[rowAt(100)]).toBeCloseTo(0.5, 12);
    expect(weights[rowAt(100)] / weights[rowAt(140)]).toBeCloseTo(0.5, 12);
  });

  it('counts overlap among the known rows only: labels after them change nothing', () => {
    const onlyOverlap = prepare(recipe({ weights: { overlap: true } }));
    const weights = teacherOf(onlyOverlap, known)([0], known).weights ?? new Float64Array();
    const unseen = onlyOverlap.label.endSession.map((end) => (end < 150 ? end : -1)); // what a panel cut at session 149 would hold
    const expected = overlapWeights(panel, { ...onlyOverlap.label, endSession: unseen.map((end, row) => (known.includes(row) ? end : -1)) });
    const scale = known.length / gather(expected, known).reduce((a, b) => a + b, 0);
    for (const row of known) expect(weights[row]).toBeCloseTo(expected[row] * scale, 12);
    // The last known label of an entity is followed by none, so it is more unique than one in the middle.
    expect(weights[known[known.length - 1]]).toBeGreaterThan(weights[known[Math.floor(known.length / 2)]]);
  });

  it('gives no weights at all to a recipe without any', () => {
    expect(teacherOf(prepare(recipe({})), known)([0], known).weights).toBeUndefined();
  });
});
