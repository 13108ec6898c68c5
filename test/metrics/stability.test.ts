import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { onRows } from '../../src/metrics/metric-by-group.ts';
import { perturbationStability, perturbationStabilitySync } from '../../src/metrics/perturbation-stability.ts';
import type { InputColumns } from '../../src/metrics/perturbation-stability.ts';
import { areaUnderRoc } from '../../src/metrics/ranking.ts';
import { hitRate, rootMeanSquaredError } from '../../src/metrics/regression-error.ts';
import { rollingMetric, rollingMetricSync } from '../../src/metrics/rolling-metric.ts';

describe('rollingMetric', () => {
  const sessions = [3, 1, 2, 2, 4, 5];
  const values = [30, 10, 20, 22, 40, 50];
  const average = onRows((part) => part.reduce((sum, v) => sum + v, 0) / part.length, values);

  it('by hand: windows of 2 sessions, the last one ends at the last session', () => {
    const found = rollingMetricSync({ sessions, metric: average, window: 2, minimumRows: 1 });
    expect(found.windows).toEqual([
      { firstSession: 2, lastSession: 3, value: 24, reason: null, n: 3 },
      { firstSession: 4, lastSession: 5, value: 45, reason: null, n: 2 },
    ]);
    expect(found).toMatchObject({ judged: 2, mean: 34.5, reason: null });
    expect(found.standardDeviation).toBeCloseTo(Math.sqrt((10.5 ** 2) * 2), 12);
    expect(found.worst).toBe(found.windows[0]);
    expect(found.best).toBe(found.windows[1]);
    expect(rollingMetricSync({ sessions, metric: average, window: 2, minimumRows: 1, better: 'lower' }).worst?.value).toBe(45);
  });

  it('moves by `step`, and hands rows over by session', () => {
    const seen: number[][] = [];
    const found = rollingMetricSync({ sessions, window: 3, step: 1, minimumRows: 1, metric: (rows) => {
      seen.push([...rows]);
      return rows.length;
    } });
    expect(seen).toEqual([[1, 2, 3, 0], [2, 3, 0, 4], [0, 4, 5]]);
    expect(found.windows.map((w) => [w.firstSession, w.lastSession])).toEqual([[1, 3], [2, 4], [3, 5]]);
  });

  it('takes a number of rows for windows of rows', () => {
    expect(rollingMetricSync({ sessions: 5, metric: (rows) => rows[0], window: 2, minimumRows: 1 }).windows.map((w) => [w.firstSession, w.lastSession, w.value])).toEqual([[1, 2, 1], [3, 4, 3]]);
  });

  it('finds the regime in which a model stopped working', () => {
    const stream = randomStream(2, 'rolling');
    const day = Float64Array.from({ length: 600 * 10 }, (_, i) => Math.floor(i / 10));
    const predicted = day.map(() => stream.normal());
    const actual = predicted.map((p, i) => (day[i] >= 300 && day[i] < 360 ? -1 : 1) * p + 2 * stream.normal());
    const found = rollingMetricSync({ sessions: day, metric: onRows(hitRate, actual, predicted), window: 60 });
    expect(found.windows).toHaveLength(10);
    expect(found.worst).toMatchObject({ firstSession: 300, lastSession: 359, n: 600 });
    expect(found.worst?.value).toBeLessThan(0.4);
    expect(found.best?.value).toBeGreaterThan(0.6);
  });

  it('a window that cannot be judged is there with its reason, and never the worst', () => {
    const found = rollingMetricSync({ sessions: [1, 1, 2, 2, 3], metric: onRows(areaUnderRoc, [1, 0, 1, 1, 0], [2, 1, 3, 4, 1]), window: 1, minimumRows: 2 });
    expect(found.windows.map(({ reason }) => reason)).toEqual([null, 'one-class', 'too-few-rows']);
    expect(found).toMatchObject({ judged: 1, mean: 1, standardDeviation: NaN, worst: { value: 1 } });
    expect(rollingMetricSync({ sessions: [1], metric: () => NaN, window: 1, minimumRows: 1 })).toMatchObject({ judged: 0, mean: NaN, worst: null, best: null, reason: 'no-window-judged' });
    expect(rollingMetricSync({ sessions: [1], metric: () => 1, window: 2 })).toMatchObject({ windows: [], worst: null, reason: 'too-few-sessions' });
  });

  it('covers the last sessions with any step: none of the newest is left out', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (size, window, step) => {
      const { windows } = rollingMetricSync({ sessions: size, metric: () => 1, window, step, minimumRows: 1 });
      expect(windows.length).toBe(size < window ? 0 : Math.floor((size - window) / step) + 1);
      if (windows.length > 0) expect(windows[windows.length - 1].lastSession).toBe(size - 1);
      for (const w of windows) expect(w.lastSession - w.firstSession).toBe(window - 1);
      if (windows.length > 0) expect(windows[0].firstSession).toBeLessThan(step);
    }));
  });

  it('asynchronously gives the same, reports progress and can be cancelled', async () => {
    const steps: number[] = [];
    const input = { sessions, metric: average, window: 1, minimumRows: 1 };
    expect(await rollingMetric(input, { onProgress: ({ done }) => steps.push(done) })).toEqual(rollingMetricSync(input));
    expect(steps[0]).toBe(1);
    expect(steps[steps.length - 1]).toBe(5);
    await expect(rollingMetric(input, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });

  it.each<[string, () => unknown, string]>([
    ['a NaN session', () => rollingMetricSync({ sessions: [NaN], metric: () => 1, window: 1 }), 'ERR_DOMAIN'],
    ['an empty window', () => rollingMetricSync({ sessions: 3, metric: () => 1, window: 0 }), 'ERR_DOMAIN'],
    ['a step of 0', () => rollingMetricSync({ sessions: 3, metric: () => 1, window: 1, step: 0 }), 'ERR_DOMAIN'],
    ['an unknown direction', () => rollingMetricSync({ sessions: 3, metric: () => 1, window: 1, better: 'up' as 'higher' }), 'ERR_DOMAIN'],
    ['an unknown option', () => rollingMetricSync({ sessions: 3, metric: () => 1, window: 1, stride: 1 } as never), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});

describe('perturbationStability', () => {
  const n = 3000;
  const stream = randomStream(6, 'columns');
  const columns: InputColumns = {
    rowCount: n,
    names: ['a', 'b', 'flat'],
    columns: [Float64Array.from({ length: n }, () => 5 * stream.normal()), Float64Array.from({ length: n }, () => stream.normal()), new Float32Array(n).fill(2)],
  };
  const linear = (weights: readonly number[]) => ({ columns: given }: InputColumns, rows: Uint32Array) => Float64Array.from(rows, (row) => weights.reduce((sum, w, j) => sum + (w === 0 ? 0 : w * given[j][row]), 0));

  it('a model linear in one column moves by exactly the scale of the noise, relative to its own spread', () => {
    const found = perturbationStabilitySync({ predict: linear([3, 0, 0]), columns, seed: 1, scale: 0.1 });
    expect(found.reason).toBeNull();
    expect(found.relativeChange).toBeCloseTo(0.1, 2);
    expect(found.rootMeanSquareChange / 15).toBeCloseTo(0.1, 2);
    expect(found.meanAbsoluteChange / found.rootMeanSquareChange).toBeCloseTo(Math.sqrt(2 / Math.PI), 2); // normal noise
    expect(found.rankCorrelation).toBeGreaterThan(0.99);
    expect(found.signFlipShare).toBeCloseTo(Math.atan(0.1) / Math.PI, 2); // chance that correlated normals differ in sign
    expect(found).toMatchObject({ n, missing: 0, constant: ['flat'] });
    expect(found.repeats).toHaveLength(10);
  });

  it('a step that sits on its threshold moves far more than a smooth model of the same inputs', () => {
    const step = ({ columns: given }: InputColumns, rows: Uint32Array) => Float64Array.from(rows, (row) => Math.floor(10 * given[1][row]) % 2);
    const smooth = perturbationStabilitySync({ predict: linear([0, 1, 0]), columns, seed: 1, scale: 0.1 });
    const rough = perturbationStabilitySync({ predict: step, columns, seed: 1, scale: 0.1 });
    expect(rough.relativeChange).toBeGreaterThan(8 * smooth.relativeChange);
  });

  it('shows what the noise does to a metric', () => {
    const target = columns.columns[0];
    const metric = (predictions: Float64Array, rows: Uint32Array): number => rootMeanSquaredError(Float64Array.from(rows, (row) => target[row]), predictions);
    const found = perturbationStabilitySync({ predict: linear([1, 0, 0]), columns, seed: 1, scale: 0.2, metric, repeats: 3 });
    expect(found.baselineMetric).toBe(0);
    expect(found.metric).toBeCloseTo(found.rootMeanSquareChange, 12);
    expect(perturbationStabilitySync({ predict: linear([1, 0, 0]), columns, seed: 1, metric: () => ({ value: 4 }), repeats: 1 }).metric).toBe(4);
    expect(perturbationStabilitySync({ predict: linear([1, 0, 0]), columns, seed: 1, repeats: 1 }).baselineMetric).toBeNaN();
  });

  it('disturbs the chosen columns only, and the noise of a column does not depend on the others', () => {
    const rows = [5, 900, 17];
    const base = { predict: linear([0, 1, 0]), columns, seed: 3, rows, repeats: 2 };
    const all = perturbationStabilitySync(base);
    expect(perturbationStabilitySync({ ...base, features: ['b'] }).repeats).toEqual(all.repeats);
    const untouched = perturbationStabilitySync({ ...base, features: ['a'] });
    expect(untouched).toMatchObject({ relativeChange: 0, signFlipShare: 0, n: 3 });
    expect(untouched.rankCorrelation).toBeCloseTo(1, 14);
    expect(perturbationStabilitySync(base)).toEqual(all);
    expect(perturbationStabilitySync({ ...base, seed: 4 }).repeats).not.toEqual(all.repeats);
    expect(all.repeats[0]).not.toEqual(all.repeats[1]);
  });

  it('changes no input, keeps missing inputs missing and leaves out rows without a prediction', () => {
    const given: InputColumns = { rowCount: 4, names: ['x'], columns: [Float64Array.of(1, NaN, 3, 4)] };
    const seen: boolean[] = [];
    const found = perturbationStabilitySync({ seed: 0, columns: given, repeats: 1, predict: ({ columns: [x] }, rows) => {
      seen.push(Number.isNaN(x[1]));
      return Float64Array.from(rows, (row) => x[row]);
    } });
    expect(found).toMatchObject({ n: 3, missing: 1 });
    expect(found.relativeChange).toBeGreaterThan(0);
    expect(seen).toEqual([true, true]);
    expect([...given.columns[0]]).toEqual([1, NaN, 3, 4]);
  });

  it('undefined is a reason', () => {
    expect(perturbationStabilitySync({ predict: (_, rows) => new Float64Array(rows.length).fill(7), columns, seed: 0, repeats: 1 })).toMatchObject({ relativeChange: NaN, reason: 'constant-prediction', meanAbsoluteChange: 0 });
    expect(perturbationStabilitySync({ predict: (_, rows) => new Float64Array(rows.length).fill(NaN), columns, seed: 0, repeats: 1 })).toMatchObject({ relativeChange: NaN, meanAbsoluteChange: NaN, reason: 'no-rows', n: 0, missing: n });
    expect(perturbationStabilitySync({ predict: linear([1, 0, 0]), columns, rows: [], seed: 0, repeats: 1 })).toMatchObject({ reason: 'no-rows', n: 0 });
  });

  it('asynchronously gives the same, and can be cancelled', async () => {
    const input = { predict: linear([1, 1, 0]), columns, seed: 5, repeats: 2 };
    expect(await perturbationStability(input)).toEqual(perturbationStabilitySync(input));
    await expect(perturbationStability(input, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });

  const good = { predict: linear([1, 0, 0]), columns, seed: 1 };
  it.each<[string, () => unknown, string]>([
    ['a feature that is no column', () => perturbationStabilitySync({ ...good, features: ['c'] }), 'ERR_UNKNOWN_NAME'],
    ['a row that does not exist', () => perturbationStabilitySync({ ...good, rows: [n] }), 'ERR_DOMAIN'],
    ['a row given twice', () => perturbationStabilitySync({ ...good, rows: [1, 1] }), 'ERR_DOMAIN'],
    ['noise of scale 0', () => perturbationStabilitySync({ ...good, scale: 0 }), 'ERR_DOMAIN'],
    ['a seed that is no integer', () => perturbationStabilitySync({ ...good, seed: 0.5 }), 'ERR_DOMAIN'],
    ['a column of another length', () => perturbationStabilitySync({ ...good, columns: { rowCount: 2, names: ['x'], columns: [new Float64Array(3)] } }), 'ERR_SHAPE'],
    ['predictions of another length', () => perturbationStabilitySync({ ...good, predict: () => [1] }), 'ERR_SHAPE'],
    ['an unknown option', () => perturbationStabilitySync({ ...good, noise: 1 } as never), 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code }));
  });
});
