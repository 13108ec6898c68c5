/** Figures of a training run worked out again from the bundle's own out-of-sample rows, by another path than the trainer's. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { informationCoefficient } from '../../src/metrics/index.ts';
import { trainEnsemble } from '../../src/trainer/index.ts';
import type { AcceptedOutcome } from '../../src/trainer/index.ts';
import { simplexWeights, stackingSums } from '../../src/trainer/simplex.ts';
import { smallPanel, smallRecipe, trainedSmall } from '../support/small.ts';

const gaps = vi.hoisted(() => [] as (number | undefined)[]);
vi.mock('../../src/conformal/index.ts', async (original) => {
  const actual = await original<typeof import('../../src/conformal/index.ts')>();
  return { ...actual, chooseDispersion: (...args: Parameters<typeof actual.chooseDispersion>) => {
    gaps.push(args[1]?.gapSessions);
    return actual.chooseDispersion(...args);
  } };
});

/** Rows of the folds: fold number, prediction, outcome and time. */
function foldRows({ bundle: { manifest, outOfSample } }: AcceptedOutcome): { fold: number; prediction: number; outcome: number; time: number }[] {
  return Array.from(outOfSample.time.keys())
    .map((i) => ({ fold: Number(/^fold (\d+)$/.exec(manifest.outOfSample.roles[outOfSample.role[i]])?.[1] ?? 0), prediction: outOfSample.prediction[i], outcome: outOfSample.outcome[i], time: outOfSample.time[i] }))
    .filter((row) => row.fold > 0);
}

let outcome: AcceptedOutcome;
beforeAll(async () => {
  outcome = await trainedSmall();
});

describe('a training run, worked out again', () => {
  it('takes the naive baseline from the mean label of the development rows', () => {
    const labels = foldRows(outcome).map((row) => row.outcome); // every development row is tested in one fold
    const mean = labels.reduce((a, b) => a + b, 0) / labels.length;
    const naive = Math.sqrt(labels.reduce((sum, y) => sum + (y - mean) ** 2, 0) / labels.length);
    expect(outcome.metrics.find((m) => m.evidence === 'folds' && m.metric === 'rmse-naive')?.value).toBeCloseTo(naive, 12);
    expect(labels).toHaveLength(outcome.bundle.manifest.split.developmentRows);
  });

  it('asks the gate of a Newey-West t with twice the horizon of lags', () => {
    const rows = foldRows(outcome);
    const t = (lags: number): number => informationCoefficient(rows.map((r) => r.prediction), rows.map((r) => r.outcome), rows.map((r) => r.time), { lags }).tStatistic;
    expect(outcome.gates[0].value).toBeCloseTo(t(10), 10);
    expect(Math.abs(t(10) - t(5))).toBeGreaterThan(1e-3);
  });

  it('leaves the labels\' horizon between the blocks a dispersion is chosen on', () => {
    expect(gaps.length).toBeGreaterThan(0);
    expect(gaps.every((gap) => gap === 5)).toBe(true);
  });

  it('weighs each fold\'s members by the other folds, never by its own', async () => {
    // Two members without a fit: the ensemble of a fold is then w * a row's own rank, and w can be read off.
    const fixed = (kind: string, slope: number) => ({
      kind,
      *fit() {
        yield { phase: kind, done: 1, total: 1 };
        return { kind, featureNames: ['rev'] };
      },
      predict: (_model: unknown, matrix: { names: readonly string[]; columns: readonly ArrayLike<number>[] }, rows?: ArrayLike<number>) => Float64Array.from(rows ?? [], (row) => (matrix.columns[matrix.names.indexOf('rev')][row] || 0) * slope),
      importance: () => Float64Array.of(1),
      encode: () => ({ plain: {}, tensors: {} }),
      decode: () => ({ kind, featureNames: ['rev'] }),
    });
    const learners = { low: fixed('low', -1), none: fixed('none', -1e-9) };
    const recipe = smallRecipe({ members: { low: { learner: 'low', options: {} }, none: { learner: 'none', options: {} } }, selection: 'none', gates: { foldTStatistic: -100, testScore: -100 } });
    const result = await trainEnsemble(smallPanel(), recipe, { learners });
    if (result.status === 'rejected') throw new Error(result.detail);
    const rows = foldRows(result);
    const weightsSeen = [1, 2, 3].map((fold) => {
      // prediction = w * p + (1 - w) * 1e-9 p with p = -rev: rank the largest prediction against the largest rank, 0.5.
      const own = rows.filter((row) => row.fold === fold);
      return Math.max(...own.map((row) => Math.abs(row.prediction))) / 0.5;
    });
    const whole = Math.max(...rows.map((row) => Math.abs(row.prediction)));
    const expected = [1, 2, 3].map((fold) => {
      const others = rows.filter((row) => row.fold !== fold);
      const w = (row: { fold: number; prediction: number }): number => row.prediction / weightsSeen[row.fold - 1]; // p itself
      const p = others.map(w);
      return simplexWeights(stackingSums([p, p.map((v) => v * 1e-9)], others.map((row) => row.outcome), p.map((_, i) => i)))[0];
    });
    expect(whole).toBeGreaterThan(0);
    weightsSeen.forEach((weight, k) => { expect(weight).toBeCloseTo(expected[k], 6); });
    expect(new Set(weightsSeen.map((weight) => weight.toFixed(6))).size).toBe(3);
  });
});
