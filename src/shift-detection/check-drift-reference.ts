/** Decoded references that may come from anyone's file, checked by hand: one that passes can be used safely. */
import { SchemaError } from '../core/errors.ts';
import { count, list, nullable, object, oneOf, real, text, within } from '../core/shape.ts';
import type { Shape } from '../core/shape.ts';
import { driftReference } from './reference.ts';
import type { DriftFeature, DriftReference } from './reference.ts';
import { total } from './reference-sketch.ts';

const demand = (ok: boolean, path: string, rule: string): void => {
  if (!ok) throw new SchemaError(`${path} must ${rule}`);
};

function numbers(rule: string, test: (value: number, i: number, all: Float64Array) => boolean, most = 1000): Shape {
  return (value, path) => demand(value instanceof Float64Array && value.length <= most && value.every(test), path, `be a Float64Array of at most ${most} ${rule}`);
}

const whole = (min: number, max: number): Shape => (value, path) => demand(Number.isInteger(value) && (value as number) >= min && (value as number) <= max, path, `be an integer in [${min}, ${max}]`);

// Made when needed: a module without work at its top level can be left out of a bundle.
function referenceShape(): Shape {
  const counts: Shape = numbers('counts', (value) => Number.isSafeInteger(value) && value >= 0);
  const common = { name: text, importance: nullable(within(0, Number.MAX_VALUE)), dependence: object({ mean: within(0, 1), variance: within(0, 1), missing: within(0, 1) }), counts, missing: count };
  const numeric = object({
    ...common,
    kind: oneOf('numeric'),
    edges: numbers('ascending numbers', (value, i, all) => (i === 0 ? value === value : value > all[i - 1]), 999),
    sums: numbers('numbers', () => true),
    minimum: real,
    maximum: real,
  });
  const categorical = object({ ...common, kind: oneOf('categorical'), categories: list(text, 1000), other: count });
  const feature: Shape = (value, path) => ((value as { kind?: unknown } | null)?.kind === 'categorical' ? categorical : numeric)(value, path);
  return object({
    kind: oneOf('drift-reference'),
    rowCount: count,
    bins: whole(2, 100),
    cells: whole(2, 1000),
    maxCategories: whole(2, 1000),
    blockSessions: whole(1, 1e6),
    blockRows: within(1, Number.MAX_SAFE_INTEGER),
    features: list(feature, 100_000),
  });
}

/**
 * The reference behind data that came through `fromPlain`.
 *
 * @throws SchemaError unless every field is there, of its type and range, and the counts of each feature add up to the rows
 */
export function checkDriftReference(value: unknown): DriftReference {
  const fn = 'checkDriftReference: reference';
  referenceShape()(value, fn);
  const reference = value as DriftReference;
  demand(reference.cells >= reference.bins, `${fn}.cells`, 'be >= bins');
  demand(reference.blockRows <= Math.max(1, reference.rowCount), `${fn}.blockRows`, 'be <= rowCount');
  demand(new Set(reference.features.map(({ name }) => name)).size === reference.features.length, `${fn}.features`, 'have distinct names');
  reference.features.forEach((item, i) => checkCounts(item, reference.rowCount, `${fn}.features[${i}]`));
  return driftReference({ ...reference, features: reference.features.map((item) => Object.freeze({ ...item, dependence: Object.freeze({ ...item.dependence }) })) });
}

function checkCounts(item: DriftFeature, rowCount: number, path: string): void {
  const other = item.kind === 'categorical' ? item.other : 0;
  const cells = item.kind === 'categorical' ? item.categories.length : item.edges.length + 1;
  demand(item.counts.length === cells, `${path}.counts`, `have ${cells} entries`);
  demand(total(item.counts) + other + item.missing === rowCount, `${path}.counts`, `add up to ${rowCount} rows with the missing ones`);
  if (item.kind === 'categorical') demand(new Set(item.categories).size === cells, `${path}.categories`, 'be distinct');
  else demand(item.sums.length === cells && item.minimum === item.minimum && item.maximum === item.maximum, path, 'have a sum for each cell, a minimum and a maximum');
}
