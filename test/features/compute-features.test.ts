import { describe, expect, it } from 'vitest';
import { drive } from '../../src/core/drive.ts';
import { column, computeFeatures, computeFeaturesAsync, computeFeaturesTask, type Feature, logReturn, marketBeta, momentum, rankByDate, realizedVol, residualReturn } from '../../src/features/index.ts';
import { syntheticPanel, withColumns } from '../../src/panel/index.ts';
import { panelOf, series } from './bars.ts';

const panel = syntheticPanel({ entities: 8, sessions: 90, seed: 3, listedAndDelisted: 0.5 });
const features: Record<string, Feature> = { mom: momentum(20, { skip: 5 }), vol: realizedVol(10), rank: rankByDate(logReturn(5)), beta: marketBeta(20), residual: residualReturn(5, { betaSessions: 20 }) };

describe('computeFeatures', () => {
  it('gives one column of panel rows per name, in the given order', () => {
    const table = computeFeatures(panel, features);
    expect(table.rowCount).toBe(panel.rowCount);
    expect(table.names).toEqual(['mom', 'vol', 'rank', 'beta', 'residual']);
    expect(table.columns.map((values) => values.length)).toEqual(table.names.map(() => panel.rowCount));
    expect(Object.isFrozen(table)).toBe(true);
  });
  it('fromSession changes no bit of the sessions it computes and leaves the others NaN', () => {
    const all = computeFeatures(panel, features);
    for (const fromSession of [0, 1, 37, 89, 90]) {
      const part = computeFeatures(panel, features, { fromSession });
      const begin = panel.sessionStart[fromSession];
      part.columns.forEach((values, j) => {
        expect(values.subarray(begin)).toEqual(all.columns[j].subarray(begin));
        expect(values.subarray(0, begin).every(Number.isNaN)).toBe(true);
      });
    }
  });
  it('fromSession does not read sessions that no window reaches', () => {
    const close = panel.columns['close'].slice();
    const poisoned = close.map((v, row) => (panel.session[row] < 89 - 25 ? v * 2 : v));
    const names = { mom: momentum(20, { skip: 5 }), residual: residualReturn(5, { betaSessions: 20 }) };
    const options = { fromSession: 89 };
    expect(computeFeatures(withColumns(panel, { close: poisoned }), names, options).columns).toEqual(computeFeatures(panel, names, options).columns);
  });
  it('one feature alone has the same bits as among others', () => {
    const all = computeFeatures(panel, features);
    for (const [j, [name, feature]] of Object.entries(features).entries()) expect(computeFeatures(panel, { [name]: feature }).columns[0]).toEqual(all.columns[j]);
  });
  it('two names of one feature are two columns', () => {
    const { columns } = computeFeatures(panel, { a: logReturn(1), b: logReturn(1) });
    expect(columns[0]).toEqual(columns[1]);
    expect(columns[0]).not.toBe(columns[1]);
  });
  it('sync, async and task agree', async () => {
    const sync = computeFeatures(panel, features);
    expect((await computeFeaturesAsync(panel, features)).columns).toEqual(sync.columns);
    expect((await drive(computeFeaturesTask(panel, features))).columns).toEqual(sync.columns);
  });
  it('reports progress and can be cancelled', async () => {
    const phases: string[] = [];
    await computeFeaturesAsync(panel, features, { onProgress: ({ phase, done, total }) => phases.push(`${phase} ${done === total ? 'end' : ''}`) });
    expect(phases.at(-1)).toBe('features end');
    const controller = new AbortController();
    await expect(computeFeaturesAsync(panel, features, { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
  it('32-bit columns, one row, one session and one entity are fine', () => {
    const single = panelOf([{ s: 0, e: 'A', close: 5 }]);
    expect(computeFeatures(single, features).columns.map((values) => values[0])).toEqual([NaN, NaN, NaN, NaN, NaN]);
    expect(computeFeatures(single, { raw: column('close', { causality: 'causal' }), rank: rankByDate(column('close', { causality: 'causal' })) }).columns.map((v) => v[0])).toEqual([5, 0.5]);
    const narrow = withColumns(panel, { close: Float32Array.from(panel.columns['close']) });
    expect(computeFeatures(narrow, { r: logReturn(1) }).columns[0]).toBeInstanceOf(Float64Array);
    expect(computeFeatures(panel, {}).columns).toEqual([]);
  });
  it('a panel with two distant rows takes memory for two rows', () => {
    const sparse = panelOf([...Array.from({ length: 300 }, (_, s) => ({ s, e: 'B', close: s + 1 })), ...series([1], 'close', 'A'), { s: 299, e: 'A', close: 2 }]);
    expect(computeFeatures(sparse, { r: logReturn(299) }).columns[0].filter((v) => v === v)).toHaveLength(2);
  });
  it('names the missing column and the nearest one', () => {
    expect(() => computeFeatures(panel, { x: logReturn(1, { column: 'clos' }) })).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME', message: expect.stringContaining('"close"') }));
    expect(() => computeFeatures(panel, { x: logReturn(1, { column: 'toString' }) })).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
  it('refuses a fromSession outside the panel and unknown options', () => {
    for (const fromSession of [-1, 91, 1.5, NaN]) expect(() => computeFeatures(panel, features, { fromSession })).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => computeFeatures(panel, features, { from: 3 } as never)).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});
