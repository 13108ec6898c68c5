import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compileGbdt } from '../../../src/learners/gbdt/predict/compiled.ts';
import { addMarginsOfRow, tileStages } from '../../../src/learners/gbdt/predict/tiles.ts';
import { marginOf, walkStages } from '../../../src/learners/gbdt/predict/walk.ts';
import { predictGbdt } from '../../../src/learners/index.ts';
import type { FeatureMatrix, GbdtModel } from '../../../src/learners/index.ts';
import { plainMargins, randomModel, rowsFor } from './predict-models.ts';
import type { RandomModelOptions } from './predict-models.ts';

const bits = (values: ArrayLike<number>): BigUint64Array => new BigUint64Array(Float64Array.from(values).buffer);

function everyWay(model: GbdtModel, matrix: FeatureMatrix, rows?: number[]): { kernel: Float64Array; walk: Float64Array; single: Float64Array } {
  const compiled = compileGbdt(model);
  if (compiled === undefined) throw new Error('not compiled');
  const trees = model.treeStart.length - 1;
  const count = rows?.length ?? matrix.rowCount;
  const request = { model, columns: matrix.columns, rows, count, start: undefined, from: 0, ends: [trees / model.outputs] };
  const single = new Float64Array(count * model.outputs);
  for (let i = 0; i < count; i++) {
    const row = matrix.columns.map((column) => column[rows === undefined ? i : rows[i]]);
    addMarginsOfRow(compiled, model, row);
    single.set(compiled.margins.subarray(0, model.outputs), i * model.outputs);
    for (let k = 0; k < model.outputs; k++) if (!Object.is(marginOf(model, row, k, trees), single[i * model.outputs + k])) throw new Error(`row ${i} differs`);
  }
  return { kernel: tileStages(compiled, request)[0], walk: walkStages(request)[0], single };
}

function expectSameBits(model: GbdtModel, matrix: FeatureMatrix): void {
  const expected = bits(plainMargins(model, matrix));
  const { kernel, walk, single } = everyWay(model, matrix);
  expect(bits(kernel)).toEqual(expected);
  expect(bits(walk)).toEqual(expected);
  expect(bits(single)).toEqual(expected);
}

const pick = (options: Omit<RandomModelOptions, 'seed'>, rowCount: number, seed: number): void => {
  const model = randomModel({ seed, ...options });
  expectSameBits(model, rowsFor(model, rowCount, seed + 1));
};

describe('kernel, walk and single rows give the bits of a plain walk', () => {
  it('on random ensembles of any size', () => {
    fc.assert(
      fc.property(
        fc.record({ features: fc.integer({ min: 1, max: 9 }), trees: fc.integer({ min: 0, max: 20 }), outputs: fc.integer({ min: 1, max: 3 }), maxLeaves: fc.integer({ min: 1, max: 40 }), pool: fc.integer({ min: 0, max: 60 }), firstCategorical: fc.integer({ min: 0, max: 9 }), shape: fc.constantFrom('random' as const, 'chain' as const) }),
        fc.integer({ min: 0, max: 70 }),
        fc.nat(),
        (options, rowCount, seed) => pick({ ...options, firstCategorical: Math.min(options.firstCategorical, options.features) }, rowCount, seed),
      ),
      { numRuns: 150 },
    );
  });

  it('across tiles: 255, 256, 257 and 600 rows', () => {
    for (const rowCount of [255, 256, 257, 600]) pick({ trees: 9, maxLeaves: 31, outputs: 2 }, rowCount, rowCount);
  });

  it('around 256 leaves, where a leaf number no longer fits a byte', () => {
    const sizes: number[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const model = randomModel({ seed, trees: 5, maxLeaves: 320, pool: 100, features: 6, firstCategorical: 5 });
      expectSameBits(model, rowsFor(model, 40, seed));
      for (let t = 0; t < 5; t++) sizes.push((model.treeStart[t + 1] - model.treeStart[t] + 1) / 2);
    }
    expect(Math.max(...sizes)).toBeGreaterThan(256);
    expect(Math.min(...sizes)).toBeLessThan(256);
    // Exactly 255, 256 and 257 leaves, as a chain and perfectly balanced (all slots of a program in use).
    for (const leaves of [255, 256, 257]) for (const model of [chain(leaves), balanced(leaves)]) expectSameBits(model, rowsFor(model, 300, leaves));
  });

  it('on a chain of 5000 splits', () => {
    const model = chain(5001);
    expectSameBits(model, rowsFor(model, 100, 1));
  });

  it('with 254 to 700 distinct thresholds on a feature, more than a byte can count', () => {
    for (const leaves of [2, 128, 254, 255, 256, 257, 510, 511, 512, 513, 700]) {
      const distinct = chain(leaves + 1);
      expect(new Set(distinct.threshold.filter((_, node) => distinct.feature[node] === 0)).size).toBe(leaves);
      expectSameBits(distinct, rowsFor(distinct, 64, leaves));
    }
  });

  it('for 255 categories, values unknown, and every set by either missing side', () => {
    const values = Float64Array.from({ length: 255 }, (_, i) => i - 100);
    const sets = Uint32Array.from({ length: 16 }, (_, i) => (i < 7 ? 0xdeadbeef + 0x9e3779b9 * i : i === 7 ? 0x7f00ff0f : i === 8 ? 1 : i === 15 ? 0xffffffff : 0));
    const column = Float64Array.from([...values, -101, 155, 0.5, -0, NaN, Infinity, -Infinity, 1e300]);
    expectSameBits(setModel(values, sets), { rowCount: column.length, names: ['f0'], columns: [column] });
  });

  it('for one set on two features', () => {
    const model = setModel(Float64Array.of(1, 2), Uint32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0));
    const both = { ...model, featureNames: ['f0', 'f1'], feature: model.feature.map((f, node) => (f < 0 ? f : Math.floor(node / 3) % 2)), missingLeft: new Uint8Array(12), categories: { ...(model.categories as object), valueStart: Int32Array.of(0, 1, 2), setOf: model.feature.map((f) => (f < 0 ? -1 : 0)) } as GbdtModel['categories'] };
    expectSameBits(both, { rowCount: 3, names: ['f0', 'f1'], columns: [Float64Array.of(1, 2, 1), Float64Array.of(1, 2, 2)] });
  });

  it('for an unknown 0 above all known categories', () => {
    const model = setModel(Float64Array.of(-3, -2, -1), Uint32Array.of(0xf, 0, 0, 0, 0, 0, 0, 0, 0xf7, 0, 0, 0, 0, 0, 0, 0));
    expectSameBits(model, { rowCount: 5, names: ['f0'], columns: [Float64Array.of(0, -0, -1, -4, NaN)] });
  });

  it('for a margin of -0', () => {
    for (const trees of [0, 1, 7, 9]) {
      const model = randomModel({ seed: 1, trees, maxLeaves: 1 });
      expectSameBits({ ...model, baseScores: Float64Array.of(-0), value: new Float64Array(trees).fill(-0) }, rowsFor(model, 3, 1));
    }
  });

  it('for a feature with numeric and categorical splits', () => {
    const model = randomModel({ seed: 5, features: 2, firstCategorical: 1, trees: 20, maxLeaves: 20 });
    const setOf = (model.categories as { setOf: Int32Array }).setOf.map((set, node) => (node % 3 === 0 ? -1 : set));
    const mixed = { ...model, categories: { ...model.categories, setOf } as GbdtModel['categories'] } as GbdtModel;
    expectSameBits(mixed, rowsFor(mixed, 200, 6));
  });

  it('with rows repeated and out of order', () => {
    const model = randomModel({ seed: 3, trees: 8 });
    const matrix = rowsFor(model, 50, 4);
    const rows = Array.from({ length: 300 }, (_, i) => (i * 7) % 50);
    const all = plainMargins(model, matrix);
    const { kernel, walk } = everyWay(model, matrix, rows);
    expect(bits(kernel)).toEqual(bits(rows.map((row) => all[row])));
    expect(bits(walk)).toEqual(bits(kernel));
  });
});

describe('compiling', () => {
  it('is refused for nodes that are not trees, and prediction still ends', () => {
    const good = balanced(4);
    const matrix = rowsFor(good, 600, 1);
    const set = (name: 'left' | 'right' | 'feature' | 'threshold', node: number, value: number): GbdtModel => {
      const array = good[name].slice();
      array[node] = value;
      return { ...good, [name]: array };
    };
    expect(compileGbdt(good)).toBeDefined();
    // In order: behind the tree, before its parent, itself, shared by two parents, a feature that is not there, no threshold.
    for (const bad of [set('left', 1, 7), set('right', 2, 1), set('left', 2, 2), set('left', 1, 2), set('feature', 1, 3), set('threshold', 0, NaN), { ...good, treeStart: Int32Array.of(0, 8) }]) expect(compileGbdt(bad)).toBeUndefined();
    expect(predictGbdt(set('left', 1, 2), matrix)).toHaveLength(600);
  });

  it('is refused unless every iteration has a tree for each output', () => {
    const model = randomModel({ seed: 4, trees: 3, outputs: 2 });
    expect(compileGbdt(model)).toBeDefined();
    for (const change of [{ outputs: 0 }, { outputs: 4 }, { outputs: 2.5 }, { baseScores: new Float64Array(1) }]) expect(compileGbdt({ ...model, ...change })).toBeUndefined();
  });

  it('is refused for categories that are not there', () => {
    const model = randomModel({ seed: 8, features: 2, firstCategorical: 0, trees: 4 });
    const categories = model.categories as NonNullable<GbdtModel['categories']>;
    expect(compileGbdt(model)).toBeDefined();
    for (const change of [{ sets: categories.sets.subarray(8) }, { valueStart: Int32Array.of(0, 300, 301), values: new Float64Array(301) }, { valueStart: Int32Array.of(0, 40, 20) }, { valueStart: Int32Array.of(0, 40, 81) }]) {
      expect(compileGbdt({ ...model, categories: { ...categories, ...change } })).toBeUndefined();
    }
  });

  it('is not done when a row would have thousands of codes, with the same predictions', () => {
    const model = randomModel({ seed: 2, features: 3, firstCategorical: 0, trees: 400, maxLeaves: 60 });
    const matrix = rowsFor(model, 10, 3);
    const rows = Array.from({ length: 600 }, (_, i) => i % 10);
    const expected = plainMargins(model, matrix);
    expect(compileGbdt(model)).toBeUndefined();
    expect(bits(predictGbdt(model, matrix, { rows }))).toEqual(bits(rows.map((row) => expected[row])));
  });
});

describe('predictGbdt', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('gives the same bits before and after the model is compiled, and where WebAssembly is missing', async () => {
    const model = randomModel({ seed: 11, trees: 30, outputs: 2, firstCategorical: 3 });
    const matrix = rowsFor(model, 400, 12);
    const expected = bits(plainMargins(model, matrix));
    for (let call = 0; call < 3; call++) expect(bits(predictGbdt(model, matrix, { output: 'margin' }))).toEqual(expected);
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    const bare = await import('../../../src/learners/gbdt/predict.ts');
    const { compileGbdt: compileBare } = await import('../../../src/learners/gbdt/predict/compiled.ts');
    expect(compileBare(model)).toBeUndefined();
    for (let call = 0; call < 3; call++) expect(bits(bare.predictGbdt(model, matrix, { output: 'margin' }))).toEqual(expected);
  });
});

/** Four trees of one split of f0: by the first of two sets, then by the second, missing values to the right and then to the left. */
function setModel(values: Float64Array, sets: Uint32Array): GbdtModel {
  const ofTree = (node: number): number => Math.floor(node / 3);
  const isRoot = (node: number): boolean => node % 3 === 0;
  const base = oneTree(12, isRoot, (node) => node + 1, () => 0);
  return {
    ...base, treeStart: Int32Array.of(0, 3, 6, 9, 12), missingLeft: base.missingLeft.map((_, node) => (isRoot(node) ? ofTree(node) % 2 : 0)),
    categories: { valueStart: Int32Array.of(0, values.length), values, setOf: base.feature.map((f, node) => (f < 0 ? -1 : ofTree(node) >> 1)), sets },
  };
}

/** One tree of f0 that splits off its smallest values one by one: leaf i holds (i - 1, i]. */
function chain(leaves: number): GbdtModel {
  const nodes = 2 * leaves - 1;
  const isSplit = (node: number): boolean => node % 2 === 0 && node < nodes - 1;
  return oneTree(nodes, isSplit, (node) => node + 1, (node) => node / 2);
}

/** One tree of f0 as balanced as can be, in breadth-first order. */
function balanced(leaves: number): GbdtModel {
  const nodes = 2 * leaves - 1;
  return oneTree(nodes, (node) => 2 * node + 1 < nodes, (node) => 2 * node + 1, (node) => ((node * 37) % 50) - 25);
}

function oneTree(nodes: number, isSplit: (node: number) => boolean, left: (node: number) => number, threshold: (node: number) => number): GbdtModel {
  const by = (split: (node: number) => number, leaf: (node: number) => number) => (_: unknown, node: number) => (isSplit(node) ? split(node) : leaf(node));
  const none = (): number => -1;
  return {
    kind: 'gbdt', featureNames: ['f0'], objective: 'squared', outputs: 1, baseScores: Float64Array.of(0.1), treeStart: Int32Array.of(0, nodes),
    feature: Int32Array.from({ length: nodes }, by(() => 0, none)), threshold: Float64Array.from({ length: nodes }, by(threshold, () => 0)),
    left: Int32Array.from({ length: nodes }, by(left, none)), right: Int32Array.from({ length: nodes }, by((node) => left(node) + 1, none)),
    missingLeft: Uint8Array.from({ length: nodes }, by((node) => (node >> 1) % 2, () => 0)), value: Float64Array.from({ length: nodes }, by(() => 0, (node) => Math.sin(node))), gain: new Float64Array(nodes), cover: new Float64Array(nodes),
  };
}
