/** Columns of a panel: read one, add some. */
import { unknownName } from '../core/assert.ts';
import { DomainError, ShapeError } from '../core/errors.ts';
import { finishPanel } from './finish.ts';
import { requireNames } from './from-columns.ts';
import { indexedRows, readNumbers } from './read-cells.ts';
import type { Column, Panel } from './types.ts';

/**
 * The column called `name`, shape (n). It is the panel's own array: do not write to it.
 *
 * @throws QuantwrightError `ERR_UNKNOWN_NAME` with the nearest existing name
 */
export function columnOf(panel: Panel, name: string): Column {
  if (!Object.hasOwn(panel.columns, name)) throw unknownName('columnOf', 'column', String(name), Object.keys(panel.columns));
  return panel.columns[name];
}

/**
 * A panel with columns added, or replaced where the name exists. The other columns are shared, the new ones copied.
 *
 * @param columns - numbers in the panel's row order, each of shape (n); NaN is missing; a Float32Array stays 32 bits wide
 * @throws ShapeError when a length differs from `panel.rowCount`
 * @throws DomainError for text or an infinity, naming row and column
 */
export function withColumns(panel: Panel, columns: Readonly<Record<string, ArrayLike<number>>>): Panel {
  const fn = 'withColumns';
  const names = Object.keys(columns);
  requireNames(fn, names);
  const n = panel.rowCount;
  const all: Record<string, Column> = { ...panel.columns };
  const source = indexedRows(fn);
  for (const name of names) {
    const values = columns[name];
    if (values === null || typeof values !== 'object' || typeof values.length !== 'number') throw new DomainError(`${fn}: column ${JSON.stringify(name)} must be an array of numbers`, { details: { column: name } });
    if (values.length !== n) throw new ShapeError(`${fn}: column ${JSON.stringify(name)} must have one value per row (${n}), got ${values.length}`, { details: { column: name } });
    all[name] = readNumbers(source, name, values, values instanceof Float32Array ? new Float32Array(n) : new Float64Array(n));
  }
  return finishPanel({ ...panel, columns: all });
}
