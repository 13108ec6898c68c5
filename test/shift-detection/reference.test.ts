import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, fromPlain, toPlain } from '../../src/core/codec.ts';
import { driveSync } from '../../src/core/drive.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { randomStream } from '../../src/core/random.ts';
import { checkDriftReference } from '../../src/shift-detection/check-drift-reference.ts';
import { buildDriftReference, buildDriftReferenceSync, mergeDriftReferences } from '../../src/shift-detection/reference.ts';
import type { DriftReference } from '../../src/shift-detection/reference.ts';
import { binned, binStarts, sketchColumn, sketchEdges } from '../../src/shift-detection/reference-sketch.ts';
import type { NumericSketch } from '../../src/shift-detection/reference-sketch.ts';
import type { CategoricalSketch } from '../../src/shift-detection/reference-categories.ts';

const random = randomStream(11, 'reference tests');
const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.normal());
const codeOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return isQuantwrightError(error) ? error.code : error;
  }
  return null;
};
const numericOf = (reference: DriftReference, i = 0): NumericSketch => reference.features[i] as NumericSketch & DriftReference['features'][number];
const categoricalOf = (reference: DriftReference, i = 0): CategoricalSketch => reference.features[i] as CategoricalSketch & DriftReference['features'][number];

describe('the sketch of a column', () => {
  it('counts every value into [edge, next edge), whatever the scale, the infinities and repeated edges', () => {
    const value = fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, -0, 1e300, -1e300, 5e-324, Infinity, -Infinity, NaN));
    fc.assert(fc.property(fc.array(value, { maxLength: 60 }), fc.array(value, { maxLength: 60 }), fc.integer({ min: 2, max: 20 }), (training, later, cells) => {
      const edges = sketchEdges(Float64Array.from(training), cells);
      const { counts, missing } = driveSync(sketchColumn(Float64Array.from(later), edges, ''));
      const plain = new Float64Array(edges.length + 1);
      for (const x of later) if (x === x) plain[edges.filter((edge) => edge <= x).length]++;
      expect(Array.from(counts)).toEqual(Array.from(plain));
      expect(missing).toBe(later.filter(Number.isNaN).length);
      expect(Array.from(driveSync(sketchColumn(Float64Array.from(training), edges, '')).counts).every((count) => count > 0 || training.every(Number.isNaN))).toBe(true);
    }));
  });

  it('gives Float32 columns the counts of the same numbers as Float64', () => {
    const column = Float32Array.from(normals(5000));
    const edges = sketchEdges(column, 100);
    expect(driveSync(sketchColumn(column, edges, '')).counts).toEqual(driveSync(sketchColumn(Float64Array.from(column), edges, '')).counts);
  });

  it('keeps a rare flag visible that no quantile reaches', () => {
    expect(Array.from(sketchEdges(Float64Array.from({ length: 1000 }, (_, i) => (i === 500 ? 1 : 0)), 100))).toEqual([1]);
    expect(Array.from(sketchEdges(Float64Array.from({ length: 1000 }, (_, i) => (i === 500 ? 0 : 1)), 100))).toEqual([1]);
    expect(Array.from(sketchEdges(Float64Array.of(2, 2, NaN), 100))).toEqual([]);
  });

  it('takes edges of a long column from a sample of it, within a fifth of their mass', () => {
    const column = normals(300_000);
    const { counts } = driveSync(sketchColumn(column, sketchEdges(column, 100), ''));
    expect(counts).toHaveLength(100);
    for (const count of counts) expect(Math.abs(count / 3000 - 1)).toBeLessThan(0.2);
  });

  it('groups cells into bins of about equal counts, none empty', () => {
    const uniform = new Float64Array(100).fill(7);
    expect(Array.from(binStarts(uniform, 10))).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    // cumulated 0 1 2 60 61 61 70: tenths at 7 and 14 lie nearest to 2, 35 to 60
    const lumpy = Float64Array.of(1, 1, 58, 1, 0, 9);
    const starts = binStarts(lumpy, 10);
    expect(Array.from(starts)).toEqual([0, 2, 3, 4]);
    expect(Array.from(binned(lumpy, starts))).toEqual([2, 58, 1, 9]);
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }).filter((counts) => counts.some((count) => count > 0)), fc.integer({ min: 2, max: 12 }), (counts, bins) => {
      const found = binned(Float64Array.from(counts), binStarts(Float64Array.from(counts), bins));
      expect(found.every((count) => count > 0) && found.length <= bins).toBe(true);
      expect(found.reduce((a, b) => a + b, 0)).toBe(counts.reduce((a, b) => a + b, 0));
    }));
  });
});

describe('buildDriftReference', () => {
  it('keeps sketches, not rows: 2 to 4 kB a feature of 50,000 rows, frozen, equal through the plain codec and structured clone', async () => {
    const reference = await buildDriftReference({ names: ['a', 'b'], columns: [normals(50_000), normals(50_000)], importances: [3, 1] });
    expect(canonicalJson(reference).length / 2).toBeLessThan(4000);
    expect(Object.isFrozen(reference) && Object.isFrozen(reference.features) && reference.features.every((feature) => Object.isFrozen(feature))).toBe(true);
    expect(checkDriftReference(fromPlain(toPlain(reference)))).toEqual(reference);
    expect(structuredClone(reference)).toEqual({ ...reference });
    expect(reference.features.map(({ name, importance }) => [name, importance])).toEqual([['a', 3], ['b', 1]]);
  });

  it('lists the commonest categories and counts the rest, codes and texts alike', () => {
    const column = ['x', 'x', 'y', 1, '1', null, NaN, '', undefined, 'z', true];
    const { categories, counts, other, missing } = categoricalOf(buildDriftReferenceSync({ names: ['c'], columns: [column], categorical: ['c'] }, { maxCategories: 3 }));
    expect([categories, Array.from(counts), other, missing]).toEqual([['1', 'x', 'true'], [2, 2, 1], 2, 4]);
  });

  it('counts what is not a number in a numeric column as missing, and says so of empty and constant columns', () => {
    const mixed = numericOf(buildDriftReferenceSync({ names: ['m'], columns: [[1, '2', null, 3, true, NaN, undefined]] }));
    expect([mixed.missing, mixed.counts.length]).toEqual([5, 2]);
    expect(numericOf(buildDriftReferenceSync({ names: ['m'], columns: [[7, 7, 7]] }))).toMatchObject({ edges: new Float64Array(0), counts: Float64Array.of(3), minimum: 7, maximum: 7 });
    expect(numericOf(buildDriftReferenceSync({ names: ['m'], columns: [[]] }))).toMatchObject({ counts: Float64Array.of(0), missing: 0 });
    expect(buildDriftReferenceSync({ names: [], columns: [] })).toMatchObject({ rowCount: 0, features: [] });
  });

  it('measures dependence of rows: none of independent rows, all of a feature that all names of a session share', () => {
    const [sessionCount, names] = [400, 25];
    const sessions = Float64Array.from({ length: sessionCount * names }, (_, row) => Math.floor(row / names));
    const market = normals(sessionCount);
    const reference = buildDriftReferenceSync({ names: ['own', 'market'], columns: [normals(sessions.length), Float64Array.from(sessions, (s) => market[s])], sessions }, { blockSessions: 1 });
    const [own, shared] = reference.features.map(({ dependence }) => dependence);
    expect(reference.blockRows).toBe(25);
    expect(own.mean).toBeLessThan(0.005);
    expect(shared.mean).toBeGreaterThan(0.95);
    // The level of such a column is shared and its shape is not: contrasts between bins depend unequally.
    const level = Float64Array.from(sessions, (s) => market[s] + random.normal());
    const [mixed] = buildDriftReferenceSync({ names: ['mixed'], columns: [level], sessions }, { blockSessions: 1 }).features;
    expect(Math.sqrt(mixed.dependence.variance)).toBeGreaterThan(mixed.dependence.mean);
    expect(Math.sqrt(own.variance)).toBeLessThan(0.02);
    const missing = buildDriftReferenceSync({ names: ['m'], columns: [Float64Array.from(sessions, (s, row) => (s % 10 === 0 ? NaN : row % 7))], sessions }, { blockSessions: 1 });
    expect(missing.features[0].dependence.missing).toBeGreaterThan(0.95);
    expect(missing.features[0].dependence.mean).toBeLessThan(0.01);
  });

  it('does not depend on the order of rows', () => {
    const column = normals(600);
    const sessions = Float64Array.from({ length: 600 }, (_, row) => Math.floor(row / 5));
    const order = random.permutation(600);
    const shuffled = buildDriftReferenceSync({ names: ['a'], columns: [Float64Array.from(order, (row) => column[row])], sessions: Float64Array.from(order, (row) => sessions[row]) });
    const plain = buildDriftReferenceSync({ names: ['a'], columns: [column], sessions });
    expect(numericOf(shuffled).edges).toEqual(numericOf(plain).edges);
    expect(numericOf(shuffled).counts).toEqual(numericOf(plain).counts);
    expect(shuffled.features[0].dependence.mean).toBeCloseTo(plain.features[0].dependence.mean, 12);
  });

  it('reports progress and refuses wrong input by code', async () => {
    const phases = new Set<string>();
    await buildDriftReference({ names: ['a'], columns: [normals(100)] }, { onProgress: ({ phase }) => phases.add(phase) });
    expect(phases).toContain('drift reference: a');
    const one = [1, 2, 3];
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a', 'b'], columns: [one, [1]] }))).toBe('ERR_SHAPE');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one, one] }))).toBe('ERR_SHAPE');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one], rowCount: 4 }))).toBe('ERR_SHAPE');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one], sessions: [1] }))).toBe('ERR_SHAPE');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one], importances: [1, 2] }))).toBe('ERR_SHAPE');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a', 'a'], columns: [one, one] }))).toBe('ERR_DUPLICATE');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one], categorical: ['b'] }))).toBe('ERR_UNKNOWN_NAME');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one], importances: [-1] }))).toBe('ERR_DOMAIN');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one], sessions: [1, NaN, 2] }))).toBe('ERR_DOMAIN');
    for (const options of [{ bins: 1 }, { cells: 5 }, { cells: 1001 }, { maxCategories: 1 }]) expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one] }, options))).toBe('ERR_DOMAIN');
    expect(codeOf(() => buildDriftReferenceSync({ names: ['a'], columns: [one] }, { bin: 3 } as never))).toBe('ERR_UNKNOWN_NAME');
  });
});

describe('mergeDriftReferences', () => {
  it('adds parts that were counted as they came to what one count of all gives, exactly', () => {
    const column = normals(900).map((x, i) => (i % 13 === 0 ? NaN : Math.round(x * 50)));
    const group = Array.from({ length: 900 }, (_, i) => 'abcde'[i % 5]);
    const part = (from: number, to: number, like?: DriftReference): DriftReference => buildDriftReferenceSync({ names: ['x', 'g'], columns: [column.slice(from, to), group.slice(from, to)], categorical: ['g'] }, { like });
    const first = part(0, 300);
    const merged = mergeDriftReferences(mergeDriftReferences(first, part(300, 500, first)), part(500, 900, first));
    const { edges, ...whole } = numericOf(part(0, 900, first));
    expect(merged.rowCount).toBe(900);
    expect(numericOf(merged)).toMatchObject({ edges, counts: whole.counts, sums: whole.sums, missing: whole.missing }); // whole numbers: sums are exact too
    expect(categoricalOf(merged, 1)).toEqual(categoricalOf(part(0, 900, first), 1));
    expect(checkDriftReference(merged)).toEqual(merged);
  });

  it('makes new edges of different ones, with shares off by at most those of one cell of either', () => {
    const [a, b] = [normals(4000), normals(2000).map((x) => x + 3)];
    const merged = mergeDriftReferences(buildDriftReferenceSync({ names: ['x'], columns: [a] }), buildDriftReferenceSync({ names: ['x'], columns: [b] }));
    const { edges, counts } = numericOf(merged);
    const all = [...a, ...b];
    expect(edges.length).toBeGreaterThan(60);
    let below = 0;
    edges.forEach((edge, c) => {
      below += counts[c];
      expect(Math.abs(below - all.filter((x) => x < edge).length)).toBeLessThanOrEqual(60);
    });
    expect(counts.reduce((x, y) => x + y, 0)).toBe(6000);
    expect(checkDriftReference(merged)).toEqual(merged);
  });

  it('merges with an empty part, a constant one and infinities to a valid reference', () => {
    const of = (...values: readonly number[]): DriftReference => buildDriftReferenceSync({ names: ['x'], columns: [values] });
    const parts = [of(), of(NaN), of(5, 5), of(1, 2, 3), of(-Infinity, 0, Infinity), of(1e308, -1e308)];
    for (const a of parts) for (const b of parts) {
      const merged = mergeDriftReferences(a, b);
      expect(checkDriftReference(merged)).toEqual(merged);
      expect(merged.rowCount).toBe(a.rowCount + b.rowCount);
    }
    expect(numericOf(mergeDriftReferences(of(NaN), of(1, 2, 3))).edges).toEqual(numericOf(of(1, 2, 3)).edges);
  });

  it('refuses other features', () => {
    const a = buildDriftReferenceSync({ names: ['x'], columns: [[1, 2]] });
    expect(codeOf(() => mergeDriftReferences(a, buildDriftReferenceSync({ names: ['y'], columns: [[1, 2]] })))).toBe('ERR_DOMAIN');
    expect(codeOf(() => mergeDriftReferences(a, buildDriftReferenceSync({ names: ['x'], columns: [[1, 2]], categorical: ['x'] })))).toBe('ERR_DOMAIN');
  });
});

describe('checkDriftReference', () => {
  const good = buildDriftReferenceSync({ names: ['x', 'g'], columns: [normals(50), Array.from({ length: 50 }, (_, i) => i % 3)], categorical: ['g'] });

  it('refuses whatever is not a reference, naming the path', () => {
    const [x, g] = good.features;
    const withX = (change: object): object => ({ ...good, features: [{ ...x, ...change }, g] });
    const withG = (change: object): object => ({ ...good, features: [x, { ...g, ...change }] });
    const { kind: _kind, ...noKind } = good;
    const bad: readonly unknown[] = [
      null, 3, [], {}, noKind, { ...good, kind: 'x' }, { ...good, extra: 1 }, { ...good, rowCount: 51 }, { ...good, rowCount: -1 }, { ...good, bins: 1 }, { ...good, bins: 101 }, { ...good, cells: 5 },
      { ...good, blockRows: 0 }, { ...good, blockRows: NaN }, { ...good, blockRows: 1e9 }, { ...good, blockSessions: 0.5 }, { ...good, features: {} }, { ...good, features: [x, x] }, { ...good, features: [null] },
      withX({ edges: [1, 2] }), withX({ edges: new Float64Array(49) }), withX({ edges: new Float64Array(49).fill(NaN) }), withX({ counts: new Float64Array(2) }), withX({ counts: new Float64Array(50).fill(0.5) }),
      withX({ counts: new Float64Array(50).fill(-1) }), withX({ counts: new Float64Array(1e5) }), withX({ sums: new Float64Array(3) }), withX({ sums: null }), withX({ minimum: NaN }), withX({ maximum: '3' }),
      withX({ missing: 1 }), withX({ dependence: { mean: 2, variance: 0, missing: 0 } }), withX({ dependence: null }), withX({ importance: -1 }), withX({ importance: NaN }), withX({ name: '' }), withX({ kind: 'other' }),
      withG({ categories: ['0', '0', '1'] }), withG({ categories: ['0'] }), withG({ categories: [0, 1, 2] }), withG({ other: -1 }), withG({ other: 1 }),
    ];
    for (const value of bad) expect([value, codeOf(() => checkDriftReference(value))]).toEqual([value, 'ERR_SCHEMA']);
    expect(codeOf(() => checkDriftReference({ ...good }))).toBe(null);
    expect(() => checkDriftReference(withX({ missing: 'many' }))).toThrowError(/features\[0\]\.missing/);
  });

  it('prints itself', () => {
    expect(String((checkDriftReference(good) as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]())).toBe('DriftReference: 2 features, 50 rows');
  });
});
