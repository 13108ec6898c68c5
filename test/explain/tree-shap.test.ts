import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { shapImportance, treeShap, treeShapInteractions, treeShapInteractionsSync, treeShapInteractionsTask, treeShapSync, treeShapTask } from '../../src/explain/index.ts';
import type { GbdtModel } from '../../src/learners/index.ts';
import { bruteInteractions, bruteValues, conditionalMargin, matrixOf, modelOf, randomRow, randomTree } from './tree-shap-models.ts';
import type { Tree } from './tree-shap-models.ts';

// Sums of some hundred terms of size about 1 in two different orders.
const ROUNDING = 1e-12;
const everything = (features: number): number => 2 ** features - 1;

function expectClose(found: ArrayLike<number>, wanted: readonly number[], tolerance = ROUNDING): void {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(found[i] - value), `entry ${i}: ${found[i]} instead of ${value}`).toBeLessThan(tolerance));
}

describe('Shapley values of trees, worked by hand', () => {
  it('gives one split the distance from the mean by cover', () => {
    const model = modelOf([{ feature: 0, at: 0, cover: [30, 10], left: 2, right: 10 }], 2, { baseScores: [5] });
    const { values, expected } = treeShapSync(model, matrixOf([[-1, 0], [1, 0]], 2));
    // Mean (30 * 2 + 10 * 10) / 40 = 4; the two rows are 2 and 10.
    expectClose(expected, [9]);
    expectClose(values, [-2, 0, 6, 0]);
  });

  it('divides an "and" of two features by halves, and its interaction is half of what only both bring', () => {
    const both: Tree = { feature: 0, at: 0, cover: [50, 50], left: 0, right: { feature: 1, at: 0, cover: [25, 25], left: 0, right: 8 } };
    const model = modelOf([both], 2);
    const matrix = matrixOf([[1, 1]], 2);
    // v(none) = 2, v(0) = v(1) = 4, v(both) = 8.
    expectClose(treeShapSync(model, matrix).values, [3, 3]);
    expectClose(treeShapInteractionsSync(model, matrix).values, [2, 1, 1, 2]);
  });

  it('knows a feature that is split twice either at both places or at none', () => {
    const twice: Tree = { feature: 0, at: 2, cover: [60, 40], left: { feature: 0, at: 1, cover: [20, 40], left: 1, right: 4 }, right: 10 };
    // Mean 0.6 (1 / 3 + 8 / 3) + 4 = 5.8.
    expectClose(treeShapSync(modelOf([twice], 1), matrixOf([[0], [1.5], [3]], 1)).values, [1 - 5.8, 4 - 5.8, 10 - 5.8]);
  });

  it('sends missing values, values above a threshold of Infinity and unknown categories where the model does', () => {
    const gate: Tree = { feature: 0, at: Infinity, missingLeft: false, cover: [1, 1], left: 1, right: 3 };
    expectClose(treeShapSync(modelOf([gate], 1), matrixOf([[NaN], [Infinity], [-5]], 1)).values, [1, -1, -1]);
    const set: Tree = { feature: 0, at: [1, 33], missingLeft: true, cover: [1, 3], left: 4, right: 0 };
    const values = Array.from({ length: 40 }, (_, c) => 10 * c);
    expectClose(treeShapSync(modelOf([set], 1, { categories: { 0: values } }), matrixOf([[10], [330], [20], [15], [NaN]], 1)).values, [3, 3, -1, 3, 3]);
    // 3 is known of the other feature only.
    const first: Tree = { feature: 0, at: [0, 2], cover: [1, 1], left: 2, right: 0 };
    expectClose(treeShapSync(modelOf([first], 2, { categories: { 0: [1, 2], 1: [3, 4] } }), matrixOf([[1, 3], [3, 3]], 2)).values, [1, 0, -1, 0]);
  });

  it('leaves one-leaf trees and no trees to the expected margin', () => {
    expect(treeShapSync(modelOf([1.5, -0.25], 2, { baseScores: [3] }), matrixOf([[0, 0]], 2))).toMatchObject({ values: new Float64Array(2), expected: Float64Array.of(4.25) });
    expect(treeShapInteractionsSync(modelOf([], 2, { baseScores: [3] }), matrixOf([[0, 0]], 2))).toMatchObject({ values: new Float64Array(4), expected: Float64Array.of(3) });
  });

  it('counts two children without cover alike', () => {
    const empty: Tree = { feature: 0, at: 0, cover: [0, 0], left: 2, right: 6 };
    expectClose(treeShapSync(modelOf([empty], 1), matrixOf([[-1]], 1)).values, [-2]);
  });

  it('reads covers at the ends of the doubles', () => {
    const { values } = treeShapSync(modelOf([{ feature: 0, at: 0, cover: [1.7e308, 1.7e308], left: 2, right: 6 }, { feature: 1, at: 0, cover: [5e-324, 5e-324], left: 1, right: 2 }], 2), matrixOf([[-1, 1]], 2));
    expectClose(values, [-2, 0.5]);
  });
});

describe('against the definition, over all subsets', () => {
  const model = (seed: number, features: number, categorical: boolean, outputs = 1): GbdtModel => {
    const stream = randomStream(seed, 'trees');
    const trees = Array.from({ length: 2 * outputs }, () => randomTree(stream, features, 5, categorical));
    return modelOf(trees, features, { outputs, baseScores: Array.from({ length: outputs }, () => stream.normal()), ...(categorical && { categories: { [features - 1]: Array.from({ length: 40 }, (_, c) => 10 * c) } }) });
  };
  const rowsOf = (seed: number, count: number, features: number, categorical: boolean): number[][] => {
    const stream = randomStream(seed, 'rows');
    return Array.from({ length: count }, () => randomRow(stream, features, categorical));
  };

  it('equals Shapley values and interactions of random trees with repeated features, missing values, categories and empty nodes', () => {
    for (let seed = 0; seed < 40; seed++) {
      const features = 1 + (seed % 6);
      const categorical = seed % 2 === 1;
      const trees = model(seed, features, categorical);
      const rows = rowsOf(seed, 4, features, categorical);
      const matrix = matrixOf(rows, features);
      const { values, expected } = treeShapSync(trees, matrix);
      expectClose(values, rows.flatMap((row) => bruteValues(trees, row)));
      expectClose(expected, [conditionalMargin(trees, rows[0], 0)]);
      expectClose(treeShapInteractionsSync(trees, matrix).values, rows.flatMap((row) => bruteInteractions(trees, row).flat()));
    }
  });

  it('keeps the outputs of a model apart, and can explain one of them', () => {
    const trees = model(3, 4, true, 3);
    const rows = rowsOf(3, 5, 4, true);
    const matrix = matrixOf(rows, 4);
    const all = treeShapSync(trees, matrix);
    expectClose(all.values, rows.flatMap((row) => [0, 1, 2].flatMap((k) => bruteValues(trees, row, k))));
    for (const output of [0, 1, 2]) {
      const one = treeShapSync(trees, matrix, { output });
      expect(one.outputs).toBe(1);
      expect([...one.values]).toEqual(rows.flatMap((_, i) => [...all.values.subarray((3 * i + output) * 4, (3 * i + output + 1) * 4)]));
      expect(one.expected[0]).toBe(all.expected[output]);
    }
    expectClose(treeShapInteractionsSync(trees, matrix, { output: 1 }).values, rows.flatMap((row) => bruteInteractions(trees, row, 1).flat()));
  });

  const cases = fc.record({ seed: fc.integer({ min: 0, max: 1e6 }), features: fc.integer({ min: 1, max: 12 }), categorical: fc.boolean(), outputs: fc.integer({ min: 1, max: 3 }) });

  it('sums to the margin of every row and output', () => {
    fc.assert(fc.property(cases, ({ seed, features, categorical, outputs }) => {
      const trees = model(seed, features, categorical, outputs);
      const rows = rowsOf(seed, 3, features, categorical);
      const { values, expected } = treeShapSync(trees, matrixOf(rows, features));
      rows.forEach((row, i) => {
        for (let k = 0; k < outputs; k++) {
          const sum = values.subarray((i * outputs + k) * features, (i * outputs + k + 1) * features).reduce((a, b) => a + b, expected[k]);
          expect(Math.abs(sum - conditionalMargin(trees, row, everything(features), k))).toBeLessThan(ROUNDING);
        }
      });
    }));
  });

  it('interactions are symmetric and their rows sum to the values', () => {
    fc.assert(fc.property(cases, ({ seed, features, categorical, outputs }) => {
      const trees = model(seed, features, categorical, outputs);
      const matrix = matrixOf(rowsOf(seed, 2, features, categorical), features);
      const { values } = treeShapSync(trees, matrix);
      const pairs = treeShapInteractionsSync(trees, matrix);
      expect(pairs.expected).toEqual(treeShapSync(trees, matrix).expected);
      values.forEach((value, at) => {
        const line = pairs.values.subarray(at * features, (at + 1) * features);
        expect(Math.abs(line.reduce((a, b) => a + b, 0) - value)).toBeLessThan(ROUNDING);
        const block = at - (at % features);
        line.forEach((entry, g) => expect(entry).toBe(pairs.values[(block + g) * features + (at % features)]));
      });
    }));
  });

  it('gives a feature no tree splits exactly 0, and no interaction', () => {
    fc.assert(fc.property(cases, ({ seed, features }) => {
      const wide = { ...model(seed, features, false), featureNames: Array.from({ length: features + 1 }, (_, f) => `x${f}`) };
      const rows = rowsOf(seed, 2, features, false).map((row) => [...row, 7]);
      const matrix = matrixOf(rows, features + 1);
      const { values } = treeShapSync(wide, matrix);
      const pairs = treeShapInteractionsSync(wide, matrix).values;
      for (let i = 0; i < rows.length; i++) {
        expect(values[i * (features + 1) + features]).toBe(0);
        for (let f = 0; f <= features; f++) expect(Math.abs(pairs[(i * (features + 1) + features) * (features + 1) + f])).toBe(0);
      }
    }));
  });

  it('treats two features alike that take part alike', () => {
    const swap = (tree: Tree): Tree => (typeof tree === 'number' ? tree : { ...tree, feature: tree.feature < 2 ? 1 - tree.feature : tree.feature, left: swap(tree.left), right: swap(tree.right) });
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const tree = randomTree(randomStream(seed, 'swap'), 4, 5, false);
      const [row] = rowsOf(seed, 1, 4, false);
      const { values } = treeShapSync(modelOf([tree, swap(tree)], 4), matrixOf([[row[0], row[0], row[2], row[3]]], 4));
      expect(Math.abs(values[0] - values[1])).toBeLessThan(ROUNDING);
    }));
  });

  it('adds over trees', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const stream = randomStream(seed, 'sum');
      const [a, b] = [randomTree(stream, 5, 5, false), randomTree(stream, 5, 5, false)];
      const matrix = matrixOf(rowsOf(seed, 2, 5, false), 5);
      const [first, second, joint] = [[a], [b], [a, b]].map((trees) => treeShapSync(modelOf(trees, 5), matrix).values);
      expectClose(joint, Array.from(first, (value, i) => value + second[i]));
    }));
  });
});

describe('the call', () => {
  const stream = randomStream(5, 'call');
  const model = modelOf(Array.from({ length: 30 }, () => randomTree(stream, 5, 5, false)), 5);
  const rows = Array.from({ length: 1500 }, () => randomRow(stream, 5, false));
  const matrix = matrixOf(rows, 5);

  it('explains the rows asked for, each to the bit as if it were alone', () => {
    const all = treeShapSync(model, matrix);
    for (const row of [0, 700, 1023, 1024, 1499]) expect(treeShapSync(model, matrix, { rows: [row] }).values).toEqual(all.values.slice(5 * row, 5 * row + 5));
    const some = treeShapSync(model, matrix, { rows: [1400, 3, 3] });
    expect(some).toMatchObject({ rowCount: 3, outputs: 1, featureNames: model.featureNames });
    expect([...some.values]).toEqual([1400, 3, 3].flatMap((row) => [...all.values.subarray(5 * row, 5 * row + 5)]));
    const backwards = Uint32Array.from({ length: 1500 }, (_, i) => 1499 - i);
    expect(treeShapSync(model, matrix, { rows: backwards }).values.slice(5 * 1200, 5 * 1201)).toEqual(all.values.slice(5 * 299, 5 * 300));
    expect(treeShapSync(model, matrix, { rows: [] }).values).toHaveLength(0);
  });

  it('finds columns by name, of either precision', () => {
    const turned = { rowCount: 1500, names: ['more', 'x4', 'x3', 'x2', 'x1', 'x0'], columns: [new Float64Array(1500), ...[...matrix.columns].reverse()] };
    expect(treeShapSync(model, turned)).toEqual(treeShapSync(model, matrix));
    const single = { ...matrix, columns: matrix.columns.map((column) => Float32Array.from(column)) };
    const double = { ...matrix, columns: single.columns.map((column) => Float64Array.from(column)) };
    expect(treeShapSync(model, single)).toEqual(treeShapSync(model, double));
  });

  it('is the same to the bit by task, async and sync, and progress ends at its total', async () => {
    const seen: number[] = [];
    const result = await treeShap(model, matrix, { onProgress: ({ done, total }) => { seen.push(done / total); } });
    expect(result).toEqual(treeShapSync(model, matrix));
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const few = { rows: [1, 2, 3] };
    expect(await treeShapInteractions(model, matrix, few)).toEqual(treeShapInteractionsSync(model, matrix, few));
  });

  it('yields often and can be cancelled', async () => {
    for (const task of [treeShapTask(model, matrix), treeShapInteractionsTask(model, matrix)]) {
      let steps = 0;
      while (task.next().done !== true) steps++;
      expect(steps).toBeGreaterThan(3);
    }
    await expect(treeShap(model, matrix, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
    expect(() => treeShapInteractionsSync(model, matrix, { signal: AbortSignal.abort(new Error('stop')) })).toThrow('stop');
  });

  it('refuses what does not exist, by code', () => {
    const code = (work: () => unknown): unknown => { try { work(); } catch (error) { return (error as { code: string }).code; } return undefined; };
    expect(code(() => treeShapSync(model, { ...matrix, names: ['x0', 'x1', 'x2', 'x3', 'y'] }))).toBe('ERR_UNKNOWN_NAME');
    expect(code(() => treeShapSync(model, matrix, { rows: [1500] }))).toBe('ERR_DOMAIN');
    expect(code(() => treeShapSync(model, matrix, { output: 1 }))).toBe('ERR_DOMAIN');
    expect(code(() => treeShapInteractionsSync(model, matrix, { row: [1] } as never))).toBe('ERR_UNKNOWN_NAME');
    expect(code(() => treeShapInteractionsSync(model, matrix, { rows: { length: 2 ** 25 } }))).toBe('ERR_DOMAIN');
    expect(code(() => treeShapInteractionsSync({ ...model, featureNames: Array.from({ length: 30_000 }, (_, f) => `x${f % 5}`) }, matrix, { rows: [0] }))).toBe('ERR_LIMIT');
  });
});

describe('importance by Shapley values', () => {
  it('is the mean absolute value over rows, summed over outputs, in a table that prints itself', () => {
    const shap = { featureNames: ['a', 'b', 'c'], rowCount: 2, outputs: 2, values: Float64Array.of(1, -4, 0, 2, 0, 0, -3, 4, 0, 0, -2, 0) };
    const table = shapImportance(shap);
    expect(table).toEqual([{ feature: 'b', importance: 5, share: 0.625 }, { feature: 'a', importance: 3, share: 0.375 }, { feature: 'c', importance: 0, share: 0 }]);
    expect((table as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]()).toBe('feature  importance  share\n-------  ----------  -----\nb                 5  0.625\na                 3  0.375\nc                 0      0');
  });

  it('keeps the order of features on ties, is 0 for a model of leaves and NaN without rows', () => {
    const leaves = modelOf([1], 2);
    expect(shapImportance(treeShapSync(leaves, matrixOf([[0, 0]], 2)))).toEqual([{ feature: 'x0', importance: 0, share: 0 }, { feature: 'x1', importance: 0, share: 0 }]);
    expect(shapImportance(treeShapSync(leaves, matrixOf([[0, 0]], 2), { rows: [] }))[0]).toEqual({ feature: 'x0', importance: NaN, share: NaN });
  });

  it('refuses values of another shape', () => {
    expect(() => shapImportance({ featureNames: ['a'], rowCount: 2, outputs: 1, values: new Float64Array(3) })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});
