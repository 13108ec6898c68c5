import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { driveSync } from '../../../src/core/drive.ts';
import { randomStream } from '../../../src/core/random.ts';
import { reconstructChanges, surfacePca, surfacePcaSync } from '../../../src/iv/derived/surface-pca.ts';
import { symmetricEigenTask } from '../../../src/iv/derived/symmetric-eigen.ts';
import { pointSmile } from '../../../src/iv/slices/point-smile.ts';
import { ivSurface } from '../../../src/iv/surface/iv-surface.ts';
import type { IvSurface } from '../../../src/iv/surface/iv-surface.ts';
import { ivSurfaceSeries } from '../../../src/iv/surface/surface-series.ts';
import type { IvSurfaceSeries } from '../../../src/iv/surface/surface-series.ts';
import { surfaceVol } from '../../../src/iv/surface/surface-vol.ts';
import { syntheticSurfacesSync } from '../../../src/iv/synthetic/surfaces.ts';
import { indexSlice, raw, slice } from '../surface/reference.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

function synthetic(days: number, seed = 3): IvSurfaceSeries {
  return ivSurfaceSeries(syntheticSurfacesSync({ seed, days }).days.map(({ slices, spot, day }) => ivSurface(slices.map(({ expiryYears, forward, discount, smile }) => ({ expiryYears, forward, discount, smile })), { spot, asOf: START + day * DAY })));
}

/** Flat surfaces whose log volatility at 0.25 and 1 year moves by given steps. */
function flatHistory(steps: readonly (readonly [number, number])[]): IvSurfaceSeries {
  let [short, long] = [Math.log(0.2), Math.log(0.2)];
  const at = (i: number): IvSurface => ivSurface([[0.25, short], [1, long]].map(([years, log]) => slice(raw([years * Math.exp(2 * log), 0, 0, 0, 1]), years)), { asOf: START + i * DAY });
  const surfaces = [at(0)];
  steps.forEach(([a, b], i) => {
    short += a;
    long += b;
    surfaces.push(at(i + 1));
  });
  return ivSurfaceSeries(surfaces);
}

const TWO_CELLS = { grid: { expiryYears: [0.25, 1], scaledLogMoneyness: [0] } } as const;

describe('symmetricEigenTask', () => {
  const eigen = (rows: readonly (readonly number[])[]) => driveSync(symmetricEigenTask(Float64Array.from(rows.flat()), rows.length));

  it('is by hand 3 and 1 with (1, 1) and (1, -1) over sqrt 2 for [[2, 1], [1, 2]]', () => {
    const { values, vectors } = eigen([[2, 1], [1, 2]]);
    expect(values[0]).toBeCloseTo(3, 15);
    expect(values[1]).toBeCloseTo(1, 15);
    expect(Math.abs(vectors[0])).toBeCloseTo(Math.SQRT1_2, 15);
    expect(vectors[0] * vectors[1]).toBeCloseTo(0.5, 15);
    expect(vectors[2] * vectors[3]).toBeCloseTo(-0.5, 15);
  });

  it('puts any symmetric matrix together again from orthonormal vectors and descending values', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const random = randomStream(seed, 'matrix');
        const a = new Float64Array(n * n);
        for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
        const { values, vectors } = driveSync(symmetricEigenTask(a, n));
        for (let i = 1; i < n; i++) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let [sum, dot] = [0, 0];
            for (let c = 0; c < n; c++) {
              sum += values[c] * vectors[c * n + i] * vectors[c * n + j];
              dot += vectors[i * n + c] * vectors[j * n + c];
            }
            expect(Math.abs(sum - a[i * n + j])).toBeLessThan(1e-13);
            expect(Math.abs(dot - Number(i === j))).toBeLessThan(1e-13);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the digits of a small eigenvalue beside a large one', () => {
    expect(eigen([[1, 1e-9], [1e-9, 1e-10]]).values[1]).toBeCloseTo(1e-10 - 1e-18, 24);
    expect(eigen([[5]]).values[0]).toBe(5);
    expect(eigen([[0, 0], [0, 0]]).values).toEqual(Float64Array.of(0, 0));
  });
});

describe('surfacePca', () => {
  it('finds a level and a slope that were put in: shares 4 : 1, loadings (1, 1) and (1, -1) over sqrt 2', () => {
    // Steps of the level 2u and of the slope v, u and v orthogonal with mean 0.
    const [u, v] = [[1, -1, 1, -1, 1, -1, 1, -1], [1, 1, -1, -1, 1, 1, -1, -1]];
    const pca = surfacePcaSync(flatHistory(u.map((x, i) => [0.02 * x + 0.01 * v[i], 0.02 * x - 0.01 * v[i]])), TWO_CELLS);
    expect(pca.status).toBe('ok');
    expect(pca.explainedVariance[0]).toBeCloseTo(0.8, 12);
    expect(pca.explainedVariance[1]).toBeCloseTo(0.2, 12);
    for (const [i, expected] of [Math.SQRT1_2, Math.SQRT1_2, Math.SQRT1_2, -Math.SQRT1_2].entries()) expect(pca.loadings[i]).toBeCloseTo(expected, 10);
    expect(pca.scores[0]).toBeCloseTo(0.02 * Math.SQRT2, 12);
    expect(pca.variance[0]).toBeCloseTo((8 * 2 * 0.02 ** 2) / 7, 12); // eight changes, one degree of freedom for the mean
    expect(pca.asOf).toEqual(Float64Array.from(u, (_, i) => START + (i + 1) * DAY));
    expect([pca.expiryYears, pca.place]).toEqual([Float64Array.of(0.25, 1), Float64Array.of(0, 0)]);
  });

  it('explains most of a synthetic index history by its level, a loading above 0 on every cell (Cont and da Fonseca 2002: about 80 %)', () => {
    const pca = surfacePcaSync(synthetic(250), { components: 4 });
    expect(pca.status).toBe('ok');
    expect(pca.explainedVariance[0]).toBeGreaterThan(0.6);
    expect(pca.explainedVariance[0]).toBeLessThan(0.995);
    expect(pca.loadings.subarray(0, pca.mean.length).every((loading) => loading > 0)).toBe(true);
    expect(pca.explainedVariance.reduce((sum, share) => sum + share, 0)).toBeGreaterThan(0.97);
    expect([...pca.explainedVariance].sort((a, b) => b - a)).toEqual([...pca.explainedVariance]);
  });

  it('reconstructs the changes: exactly with all components, to the share explained with a few', () => {
    const series = synthetic(40);
    const grid = { expiryYears: [1 / 12, 0.5, 1], scaledLogMoneyness: [-0.2, 0, 0.1] };
    const all = surfacePcaSync(series, { grid, components: 9 });
    const changes = reconstructChanges(all);
    const vol = (day: number, years: number, x: number): number => Math.log(surfaceVol(series.surfaces[day], { expiryYears: years, logMoneyness: x * Math.sqrt(years) }).annualizedVol);
    for (let day = 1; day < 40; day++) {
      grid.expiryYears.forEach((years, i) => {
        grid.scaledLogMoneyness.forEach((x, j) => {
          expect(Math.abs(changes[(day - 1) * 9 + 3 * i + j] - (vol(day, years, x) - vol(day - 1, years, x)))).toBeLessThan(1e-8);
        });
      });
    }
    const two = surfacePcaSync(series, { grid, components: 2 });
    const rest = reconstructChanges(two).reduce((sum, value, i) => sum + (value - changes[i]) ** 2, 0);
    const total = changes.reduce((sum, value, i) => sum + (value - all.mean[i % 9]) ** 2, 0);
    expect(rest / total).toBeCloseTo(1 - two.explainedVariance[0] - two.explainedVariance[1], 7);
    expect(reconstructChanges(two, [0, 0])).toEqual(two.mean);
    expect(() => reconstructChanges(two, [1, 2, 3])).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });

  it('has the same components with fewer days than cells, where the other product is decomposed', () => {
    const series = synthetic(12);
    const few = { grid: { expiryYears: [1 / 12, 0.5, 1], scaledLogMoneyness: [-0.2, 0, 0.1] } };
    const tall = surfacePcaSync(series, few); // 11 changes of 9 cells
    const wide = surfacePcaSync(series, { grid: { expiryYears: [1 / 12, 0.5, 1], scaledLogMoneyness: [-0.2, 0, 0.1, 0.10000001] } }); // 11 of 12, three of them twins
    expect(wide.status).toBe('ok');
    for (const pca of [tall, wide]) {
      const m = pca.mean.length;
      for (let c = 0; c < 3; c++) {
        const axis = pca.loadings.subarray(c * m, (c + 1) * m);
        expect(axis.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 12);
        expect(axis.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0);
        const scores = Float64Array.from({ length: 11 }, (_, i) => pca.scores[i * 3 + c]);
        expect(scores.reduce((sum, value) => sum + value * value, 0) / 10).toBeCloseTo(pca.variance[c], 14);
      }
    }
  });

  it('moves with the market on a grid of deltas', () => {
    const pca = surfacePcaSync(synthetic(30), { grid: { expiryYears: [0.25, 1], delta: [0.9, 0.75, 0.5, 0.25, 0.1] } });
    expect(pca).toMatchObject({ status: 'ok', coordinate: 'delta' });
    expect(pca.mean.length).toBe(10);
    const series = synthetic(30);
    const vols = [0, 1].map((day) => Math.log(surfaceVol(series.surfaces[day], { expiryYears: 0.25, delta: 0.1, type: 'put' }).annualizedVol));
    const all = surfacePcaSync(series, { grid: { expiryYears: [0.25], delta: [0.9] } });
    expect(reconstructChanges(all)[0]).toBeCloseTo(vols[1] - vols[0], 12);
  });

  it('leaves out cells and surfaces with the reason: beyond the expiries, beyond the strikes', () => {
    const series = synthetic(30);
    const short = pointSmile({ logMoneyness: [-0.05, 0, 0.05], totalVariance: [0.01, 0.01, 0.01] }, { extrapolation: 'none' });
    const surfaces = series.surfaces.map((surface, i) => (i === 7 ? ivSurface([slice(short, 0.25), indexSlice(1)], { asOf: surface.asOf }) : surface));
    const grid = { expiryYears: [0.25, 0.5, 3], scaledLogMoneyness: [-0.3, 0] };
    const pca = surfacePcaSync(ivSurfaceSeries(surfaces), { grid });
    expect(pca.status).toBe('ok');
    expect(pca.droppedCells).toEqual([
      { expiryYears: 3, place: -0.3, reason: 'after-last-expiry', missing: 30 },
      { expiryYears: 3, place: 0, reason: 'after-last-expiry', missing: 30 },
    ]);
    expect(pca.droppedSurfaces).toEqual([{ asOf: START + 7 * DAY, reason: 'outside-strikes' }]);
    expect([pca.mean.length, pca.asOf.length]).toEqual([4, 28]); // the change over the gap is one change
    const strict = surfacePcaSync(ivSurfaceSeries(surfaces), { grid, maxMissingShare: 0 });
    expect(strict.droppedCells.map(({ reason }) => reason)).toEqual(['outside-strikes', 'outside-strikes', 'after-last-expiry', 'after-last-expiry']);
    expect(strict.droppedSurfaces).toEqual([]);
    expect(surfacePcaSync(series, { grid, extrapolate: true }).mean.length).toBe(6);
  });

  it('has a status for too few surfaces, no cells and no variation', () => {
    expect(surfacePcaSync(ivSurfaceSeries())).toMatchObject({ status: 'too-few-surfaces', loadings: new Float64Array(0) });
    expect(surfacePcaSync(synthetic(3)).status).toBe('too-few-surfaces');
    expect(surfacePcaSync(synthetic(4)).status).toBe('ok');
    expect(surfacePcaSync(synthetic(10), { grid: { expiryYears: [5], scaledLogMoneyness: [0] } })).toMatchObject({ status: 'no-cells', droppedCells: [{ reason: 'after-last-expiry' }] });
    expect(surfacePcaSync(flatHistory([[0, 0], [0, 0], [0, 0], [0, 0]]), TWO_CELLS).status).toBe('no-variation');
    // One factor alone: one component, whatever was asked for.
    expect(surfacePcaSync(flatHistory([[0.1, 0.1], [-0.1, -0.1], [0.05, 0.05], [0.02, 0.02]]), TWO_CELLS).variance.length).toBe(1);
  });

  it('takes the mean off unless told not to', () => {
    const drift = flatHistory([[0.01, 0.01], [0.01, 0.01], [0.01, 0.01], [0.010001, 0.01]]);
    expect(surfacePcaSync(drift, { ...TWO_CELLS, center: false }).variance[0]).toBeCloseTo(2e-4, 7);
    expect(surfacePcaSync(drift, TWO_CELLS).variance[0]).toBeLessThan(1e-11);
  });

  it('runs without blocking, reports progress, stops at a signal, and is plain data that prints itself', async () => {
    const series = synthetic(20);
    const phases = new Set<string>();
    const pca = await surfacePca(series, { onProgress: ({ phase }) => phases.add(phase) });
    expect([...phases]).toEqual(expect.arrayContaining(['surfaces', 'covariance', 'eigenvalues']));
    expect(pca).toEqual(surfacePcaSync(series));
    expect(fromPlain(toPlain(pca))).toEqual(pca);
    expect(structuredClone(pca)).toEqual(pca);
    expect(Object.isFrozen(pca)).toBe(true);
    expect((pca as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]()).toMatch(/^SurfacePca of 19 changes of 28 cells: \d+\.\d %/);
    await expect(surfacePca(series, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    ['a grid of both coordinates', { grid: { expiryYears: [1], delta: [0.5], scaledLogMoneyness: [0] } }, 'ERR_DOMAIN'],
    ['a grid of neither', { grid: { expiryYears: [1] } }, 'ERR_DOMAIN'],
    ['deltas that ascend', { grid: { expiryYears: [1], delta: [0.25, 0.5] } }, 'ERR_DOMAIN'],
    ['a time of 0', { grid: { expiryYears: [0], delta: [0.5] } }, 'ERR_DOMAIN'],
    ['an empty axis', { grid: { expiryYears: [], delta: [0.5] } }, 'ERR_SHAPE'],
    ['no components', { components: 0 }, 'ERR_DOMAIN'],
    ['center that is no boolean', { center: 1 }, 'ERR_DOMAIN'],
    ['an unknown option', { tenors: [1] }, 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_, options, code) => {
    expect(() => surfacePcaSync(synthetic(4), options as never)).toThrow(expect.objectContaining({ code }));
  });
});
