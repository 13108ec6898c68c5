/** A column as counts of its categories. */
import type { Task } from '../core/drive.ts';
import { sameValues } from './reference-sketch.ts';

/** Counts of the commonest categories of a column. */
export interface CategoricalSketch {
  readonly kind: 'categorical';
  /** Category names, commonest first, ties by name. */
  readonly categories: readonly string[];
  /** Rows of each, shape (categories). */
  readonly counts: Float64Array;
  /** Rows of categories that are not listed. */
  readonly other: number;
  /** Null, undefined, NaN and empty text. */
  readonly missing: number;
}

const ROWS_PER_STEP = 65_536;

/** The category a value stands for; undefined when it is missing. Numbers and texts that read alike are one category. */
export function categoryOf(value: unknown): string | undefined {
  return value === null || value === undefined || value === '' || value !== value ? undefined : String(value);
}

/**
 * Counts a column by category.
 *
 * @param listed - count these and no others
 */
export function* sketchCategories(column: ArrayLike<unknown>, most: number, phase: string, listed?: readonly string[]): Task<CategoricalSketch> {
  const raw = new Map<unknown, number>();
  for (let i = 0; i < column.length; i++) {
    raw.set(column[i], (raw.get(column[i]) ?? 0) + 1);
    if ((i + 1) % ROWS_PER_STEP === 0 || i + 1 === column.length) yield { phase, done: i + 1, total: column.length };
  }
  const counts = new Map<string, number>();
  let missing = 0;
  for (const [value, count] of raw) {
    const category = categoryOf(value);
    if (category === undefined) missing += count;
    else counts.set(category, (counts.get(category) ?? 0) + count);
  }
  return commonest(counts, missing, 0, most, listed);
}

function commonest(counts: ReadonlyMap<string, number>, missing: number, unlisted: number, most: number, listed?: readonly string[]): CategoricalSketch {
  const categories = listed ?? [...counts.keys()].sort((a, b) => (counts.get(b) as number) - (counts.get(a) as number) || (a < b ? -1 : 1)).slice(0, most);
  const kept = Float64Array.from(categories, (category) => counts.get(category) ?? 0);
  let other = unlisted;
  for (const count of counts.values()) other += count;
  for (const count of kept) other -= count;
  return Object.freeze({ kind: 'categorical', categories: Object.freeze([...categories]), counts: kept, other, missing });
}

/** Both columns as one. A category listed in one only lacks what the other counted among the rest. */
export function mergeCategories(a: CategoricalSketch, b: CategoricalSketch, most: number): CategoricalSketch {
  const counts = new Map<string, number>();
  for (const { categories, counts: own } of [a, b]) categories.forEach((category, i) => counts.set(category, (counts.get(category) ?? 0) + own[i]));
  return commonest(counts, a.missing + b.missing, a.other + b.other, most, sameValues(a.categories, b.categories) ? a.categories : undefined);
}
