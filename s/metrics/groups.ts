/** Means by group. */
import { requireSameLength } from '../core/assert.ts';

/** A group is named by a number (a code, a session, a time) or by text. */
export type GroupKey = number | string;

export interface GroupMean<Key extends GroupKey = GroupKey> {
  readonly group: Key;
  /** NaN when every value of the group is NaN. */
  readonly mean: number;
  /** Number of values that are not NaN. */
  readonly n: number;
}

/**
 * Mean of the values of each group.
 *
 * @param values - shape (n); NaN is missing
 * @param groups - group of each value, shape (n); a NaN group is left out
 * @returns one row per group, ascending: numbers by value, then text by UTF-16 code unit
 */
export function meanByGroup<Key extends GroupKey>(values: ArrayLike<number>, groups: ArrayLike<Key>): readonly GroupMean<Key>[] {
  requireSameLength('meanByGroup', { values, groups });
  return Object.freeze(rowsByGroup(groups).map(([group, rows]) => {
    let n = 0;
    let m = 0;
    for (const row of rows) if (values[row] === values[row]) m += (values[row] - m) / ++n;
    return Object.freeze({ group, mean: n === 0 ? NaN : m, n });
  }));
}

/** The rows of each group in their order, groups ascending, NaN left out. */
export function rowsByGroup<Key extends GroupKey>(groups: ArrayLike<Key>): readonly (readonly [Key, readonly number[]])[] {
  const rows = new Map<Key, number[]>();
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i];
    if (group !== group) continue;
    const list = rows.get(group);
    if (list === undefined) rows.set(group, [i]);
    else list.push(i);
  }
  return [...rows].sort(([a], [b]) => (typeof a === typeof b ? (a < b ? -1 : 1) : typeof a === 'number' ? -1 : 1));
}
