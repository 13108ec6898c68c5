/** Any metric on parts of the rows: by regime, cluster, session or state. */
import { requireInteger, requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { rowsByGroup } from './groups.ts';
import type { GroupKey } from './groups.ts';

/** A metric of some rows: a number, or a value with the reason why it is NaN. */
export type RowMetric = (rows: Uint32Array) => number | { readonly value: number; readonly reason?: string | null };

/**
 * A metric of whole arrays as a metric of rows of them.
 *
 * @param metric - takes the parts of the arrays, in their order
 * @param arrays - of equal length; numbers, shape (n) each
 * @throws ShapeError for different lengths
 * @example onRows(rootMeanSquaredError, actual, predicted)(Uint32Array.of(0, 2))
 */
export function onRows<Arrays extends readonly ArrayLike<number>[]>(metric: (...parts: { [K in keyof Arrays]: Float64Array }) => ReturnType<RowMetric>, ...arrays: Arrays): RowMetric {
  requireSameLength('onRows', Object.fromEntries(arrays.map((array, k) => [`array ${k}`, array])));
  return (rows) => metric(...(arrays.map((array) => Float64Array.from(rows, (row) => array[row])) as { [K in keyof Arrays]: Float64Array }));
}

export interface MetricByGroupOptions {
  /** Fewest rows for a group to be judged. @default 30 */
  readonly minimumRows?: number;
}

export interface GroupMetric<Key extends GroupKey = GroupKey> {
  readonly group: Key;
  /** NaN exactly when `reason` is not null. */
  readonly value: number;
  /** `too-few-rows`, the metric's own reason, or `undefined` when it was NaN without one; null when there is a value. */
  readonly reason: string | null;
  /** Rows of the group. The metric may have left some out. */
  readonly n: number;
}

export interface MetricByGroup<Key extends GroupKey = GroupKey> {
  /** Ascending: numbers by value, then text; groups that were skipped are there with their reason. */
  readonly groups: readonly GroupMetric<Key>[];
  /** The groups with the lowest and the highest value, the first of equals; null when no group has one. Which is worse depends on the metric. */
  readonly lowest: GroupMetric<Key> | null;
  readonly highest: GroupMetric<Key> | null;
  /** Rows whose group is NaN. */
  readonly ungrouped: number;
}

/**
 * A metric of each group of rows.
 *
 * @param groups - group of each row, a number or text, shape (n)
 * @param metric - called once per group with its rows, ascending; {@link onRows} makes one from a metric of arrays
 * @throws DomainError for unusable options; what the metric throws
 * @example metricByGroup(regime, onRows(areaUnderRoc, outcome, score), { minimumRows: 50 }).groups
 */
export function metricByGroup<Key extends GroupKey>(groups: ArrayLike<Key>, metric: RowMetric, options: MetricByGroupOptions = {}): MetricByGroup<Key> {
  const fn = 'metricByGroup';
  requireKnownKeys(fn, options, ['minimumRows']);
  const minimumRows = requireInteger(fn, 'minimumRows', options.minimumRows ?? 30, { min: 1 });
  const table = rowsByGroup(groups).map(([group, rows]) => Object.freeze({ group, ...judgeRows(metric, Uint32Array.from(rows), minimumRows) }));
  return Object.freeze({ groups: Object.freeze(table), ...extremes(table), ungrouped: groups.length - table.reduce((sum, { n }) => sum + n, 0) });
}

/** A metric of rows when there are enough of them, and why not. */
export function judgeRows(metric: RowMetric, rows: Uint32Array, minimumRows: number): { readonly value: number; readonly reason: string | null; readonly n: number } {
  const n = rows.length;
  if (n < minimumRows) return { value: NaN, reason: 'too-few-rows', n };
  const result = metric(rows);
  const { value, reason = null } = typeof result === 'number' ? { value: result } : result;
  return value === value ? { value, reason: null, n } : { value, reason: reason ?? 'undefined', n };
}

/** The rows of a table with the lowest and highest value, the first of equals. */
export function extremes<Row extends { readonly value: number }>(table: readonly Row[]): { readonly lowest: Row | null; readonly highest: Row | null } {
  let [lowest, highest]: (Row | null)[] = [null, null];
  for (const row of table) {
    if (row.value !== row.value) continue;
    if (lowest === null || row.value < lowest.value) lowest = row;
    if (highest === null || row.value > highest.value) highest = row;
  }
  return { lowest, highest };
}
