/** Rows of a matrix side by side, as the walk over a tree reads them. */
import { lowerBound } from '../core/sort.ts';
import type { GbdtModel } from '../learners/gbdt/model.ts';
import type { Cells } from './tree-shap-kernel.ts';

/** Room for `rows` rows. */
export function cellsFor(model: GbdtModel, rows: number): Cells {
  const features = model.featureNames.length;
  return { features, value: new Float64Array(rows * features), category: new Int16Array(model.categories === undefined ? 0 : rows * features) };
}

/** Copies `count` rows from position `from` of `rows`. */
export function gatherCells(model: GbdtModel, columns: readonly ArrayLike<number>[], rows: ArrayLike<number> | undefined, from: number, count: number, cells: Cells): void {
  const { features, value, category } = cells;
  for (let f = 0; f < features; f++) {
    const column = columns[f];
    for (let i = 0, at = f; i < count; i++, at += features) value[at] = column[rows === undefined ? from + i : rows[from + i]];
    const begin = model.categories?.valueStart[f] ?? 0;
    const end = model.categories?.valueStart[f + 1] ?? 0;
    if (begin === end) continue;
    const known = (model.categories as NonNullable<GbdtModel['categories']>).values;
    for (let i = 0, at = f; i < count; i++, at += features) {
      const place = lowerBound(known, value[at], begin, end);
      category[at] = place < end && known[place] === value[at] ? place - begin : -1;
    }
  }
}
