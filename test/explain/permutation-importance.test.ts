import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { permutationImportance, permutationImportanceSync, permutationImportanceTask } from '../../src/explain/index.ts';
import type { FeatureImportance, PermutationImportanceInput } from '../../src/explain/index.ts';
import type { FeatureMatrix } from '../../src/learners/types.ts';

const ROWS = 600;
const stream = randomStream(11, 'columns');
const normals = (): Float64Array => Float64Array.from({ length: ROWS }, () => stream.normal());
const strong = normals();
const weak = normals();
const noise = normals();
const unused = Float32Array.from(normals());
const session = Float64Array.from({ length: ROWS }, (_, i) => Math.floor(i / 20));
const market = Float64Array.from(session, (s) => Math.sin(s)); // one value per session
const matrix: FeatureMatrix = {
  rowCount: ROWS,
  names: ['noise', 'constant', 'weak', 'missing', 'strong', 'unused', 'market'],
  columns: [noise, new Float64Array(ROWS).fill(3), weak, new Float64Array(ROWS).fill(NaN), strong, unused, market],
};
const target = Float64Array.from(strong, (s, i) => 2 * s + 0.5 * weak[i] + market[i] + 0.1 * stream.normal());
const predict: PermutationImportanceInput['predict'] = ({ names, columns }, rows) => {
  const of = (name: string): ArrayLike<number> => columns[names.indexOf(name)];
  return Float64Array.from(rows, (row) => 2 * of('strong')[row] + 0.5 * of('weak')[row] + of('market')[row] + 0.01 * of('noise')[row] + (Number.isNaN(of('missing')[row]) ? 0 : 9) + of('constant')[row] - 3);
};
const rows = Uint32Array.from({ length: ROWS }, (_, i) => i);
const input: PermutationImportanceInput = { predict, matrix, rows, target, seed: 3 };
const of = (result: readonly FeatureImportance[], feature: string): FeatureImportance => result.find((row) => row.feature === feature) as FeatureImportance;

describe('permutation importance', () => {
  it('ranks planted columns by what they carry, and gives noise about 0', () => {
    const result = permutationImportanceSync(input);
    expect(result.slice(0, 3).map((row) => row.feature)).toEqual(['strong', 'market', 'weak']);
    // Exchanging an independent column with coefficient b raises the squared error by 2 b^2 var(x): 8, 1 and 0.5 here.
    expect(Math.abs(of(result, 'strong').importance - 8)).toBeLessThan(3 * of(result, 'strong').standardError);
    expect(Math.abs(of(result, 'weak').importance - 0.5)).toBeLessThan(3 * of(result, 'weak').standardError + 0.05);
    expect(Math.abs(of(result, 'noise').importance)).toBeLessThan(3 * of(result, 'noise').standardError);
    expect(of(result, 'strong').importance / of(result, 'strong').standardError).toBeGreaterThan(10);
  });

  it('is exactly 0 for a constant, an all-missing and an unread column', () => {
    const result = permutationImportanceSync({ ...input, repeats: 3 });
    for (const feature of ['constant', 'missing', 'unused']) expect(of(result, feature)).toEqual({ feature, importance: 0, standardError: 0 });
  });

  it('is the same to the bit by task, async and sync, and another seed is another permutation', async () => {
    const result = permutationImportanceSync(input);
    expect(await permutationImportance(input)).toEqual(result);
    expect(permutationImportanceSync({ ...input, seed: 4 })).not.toEqual(result);
  });

  it('does not depend on which other columns there are', () => {
    const names = ['strong', 'noise', 'weak', 'market', 'missing', 'constant'];
    const fewer = { rowCount: ROWS, names, columns: names.map((name) => matrix.columns[matrix.names.indexOf(name)]) };
    expect(of(permutationImportanceSync({ ...input, matrix: fewer }), 'weak')).toEqual(of(permutationImportanceSync(input), 'weak'));
  });

  it('leaves the matrix as it was and predicts only the rows it was given', () => {
    const before = matrix.columns.map((column) => column.slice());
    const odd = rows.filter((row) => row % 2 === 1);
    const seen = new Set<number>();
    permutationImportanceSync({ ...input, rows: odd, predict: (columns, some) => { for (const row of some) seen.add(row); return predict(columns, some); } });
    expect(matrix.columns).toEqual(before);
    expect([...seen].sort((a, b) => a - b)).toEqual([...odd]);
  });

  it('exchanges values of the scored rows only', () => {
    const odd = rows.filter((row) => row % 2 === 1);
    const known = new Set(Array.from(odd, (row) => strong[row]));
    permutationImportanceSync({ ...input, rows: odd, predict: (columns, some) => {
      for (const row of some) expect(known.has(columns.columns[4][row])).toBe(true);
      return predict(columns, some);
    } });
  });

  it('within sessions, a column all names share has no importance and one that orders names keeps its own', () => {
    const result = permutationImportanceSync({ ...input, groups: session });
    expect(of(result, 'market')).toEqual({ feature: 'market', importance: 0, standardError: 0 });
    expect(result[0].feature).toBe('strong');
    permutationImportanceSync({ ...input, groups: session, predict: (columns, some) => {
      for (const row of some) expect(strong.subarray(session[row] * 20, session[row] * 20 + 20)).toContain(columns.columns[4][row]);
      return predict(columns, some);
    } });
  });

  it('samples exactly as many rows as asked for, the same ones each time', () => {
    const samples = [1, 2].map(() => {
      const seen = new Set<number>();
      permutationImportanceSync({ ...input, sampleRows: 100, predict: (columns, some) => { for (const row of some) seen.add(row); return predict(columns, some); } });
      return [...seen];
    });
    expect(samples[0]).toHaveLength(100);
    expect(samples[1]).toEqual(samples[0]);
  });

  it('averages repeats, which narrows the spread between seeds', () => {
    const spread = (repeats: number): number => {
      const values = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => of(permutationImportanceSync({ ...input, seed, repeats, rows: rows.subarray(0, 200) }), 'weak').importance);
      return Math.max(...values) - Math.min(...values);
    };
    expect(spread(8)).toBeLessThan(spread(1) / 1.5);
  });

  it('takes any loss, and leaves out rows without a target', () => {
    const gaps = target.slice();
    gaps[7] = NaN;
    const seen = new Set<number>();
    const result = permutationImportanceSync({ ...input, target: gaps, loss: (y, p) => Math.abs(y - p), predict: (columns, some) => { for (const row of some) seen.add(row); return predict(columns, some); } });
    expect(seen.has(7)).toBe(false);
    // E|2 (x - x')| = 4 / sqrt(pi) for the strong column, beside small errors.
    expect(Math.abs(of(result, 'strong').importance - 4 / Math.sqrt(Math.PI))).toBeLessThan(0.3);
  });

  it('works on one row, where nothing can be exchanged', () => {
    expect(of(permutationImportanceSync({ ...input, rows: [5] }), 'strong')).toEqual({ feature: 'strong', importance: 0, standardError: NaN });
  });

  it('yields progress with every batch and can be cancelled', async () => {
    const task = permutationImportanceTask(input);
    expect(task.next().value).toMatchObject({ phase: 'permutation importance: baseline', done: ROWS, total: ROWS });
    const reason = new Error('enough');
    const controller = new AbortController();
    await expect(permutationImportance({ ...input, predict: (columns, some) => { controller.abort(reason); return predict(columns, some); } }, { signal: controller.signal })).rejects.toBe(reason);
  });

  it.each<[string, Partial<PermutationImportanceInput>, string]>([
    ['no row', { rows: [] }, 'ERR_DOMAIN'],
    ['a row that does not exist', { rows: [ROWS] }, 'ERR_DOMAIN'],
    ['a row given twice', { rows: [4, 4] }, 'ERR_DUPLICATE'],
    ['a short target', { target: [1, 2] }, 'ERR_SHAPE'],
    ['a prediction of another length', { predict: () => [1] }, 'ERR_SHAPE'],
    ['no repeats', { repeats: 0 }, 'ERR_DOMAIN'],
    ['a fractional seed', { seed: 1.5 }, 'ERR_DOMAIN'],
    ['an unknown option', { sampleSize: 5 } as object, 'ERR_UNKNOWN_NAME'],
  ])('refuses %s', (_name, change, code) => {
    expect(() => permutationImportanceSync({ ...input, ...change })).toThrow(expect.objectContaining({ code }));
  });
});
