/** Order of rows by (time, entity), and the sessions they form. */
import { QuantwrightError } from '../core/errors.ts';
import { argsort } from '../core/sort.ts';
import { formatTime } from '../core/time.ts';
import type { CellSource, EntityCodes } from './read-cells.ts';

/** Sorted keys of a panel, and the order that sorts the other columns. */
export interface SortedKeys {
  /** Original row of each sorted row; undefined when the rows were sorted already. */
  readonly order: Uint32Array | undefined;
  readonly sessions: Float64Array;
  readonly sessionStart: Uint32Array;
  readonly session: Uint32Array;
  readonly entity: Uint32Array;
}

/**
 * Sorts rows by time, then entity: a counting pass over the entity codes, then the stable argsort of the times.
 *
 * @throws QuantwrightError `ERR_DUPLICATE` when two rows have the same time and entity, naming both
 */
export function sortKeys(source: CellSource, times: Float64Array, entities: EntityCodes): SortedKeys {
  const { codes, names } = entities;
  const n = times.length;
  const order = isSorted(times, codes) ? undefined : sortingOrder(times, codes, names.length);
  const session = new Uint32Array(n);
  const entity = order === undefined ? codes : new Uint32Array(n);
  let sessionIndex = 0;
  for (let i = 0; i < n; i++) {
    const row = order === undefined ? i : order[i];
    if (order !== undefined) entity[i] = codes[row];
    if (i > 0) {
      const previous = order === undefined ? i - 1 : order[i - 1];
      if (times[row] !== times[previous]) sessionIndex++;
      else if (codes[row] === codes[previous]) throw duplicateKey(source, names[codes[row]], times[row], previous, row);
    }
    session[i] = sessionIndex;
  }
  const sessions = new Float64Array(sessionIndex + 1);
  const sessionStart = new Uint32Array(sessionIndex + 2);
  for (let i = n - 1; i >= 0; i--) {
    sessions[session[i]] = times[order === undefined ? i : order[i]];
    sessionStart[session[i]] = i;
  }
  sessionStart[sessionIndex + 1] = n;
  return { order, sessions, sessionStart, session, entity };
}

function isSorted(times: Float64Array, codes: Uint32Array): boolean {
  for (let i = 1; i < times.length; i++) {
    if (times[i] < times[i - 1] || (times[i] === times[i - 1] && codes[i] < codes[i - 1])) return false;
  }
  return true;
}

function sortingOrder(times: Float64Array, codes: Uint32Array, entityCount: number): Uint32Array {
  const n = times.length;
  const next = new Uint32Array(entityCount + 1);
  for (let i = 0; i < n; i++) next[codes[i] + 1]++;
  for (let e = 0; e < entityCount; e++) next[e + 1] += next[e];
  const byEntity = new Uint32Array(n);
  for (let i = 0; i < n; i++) byEntity[next[codes[i]]++] = i;
  const timesByEntity = new Float64Array(n);
  for (let i = 0; i < n; i++) timesByEntity[i] = times[byEntity[i]];
  const order = argsort(timesByEntity);
  for (let i = 0; i < n; i++) order[i] = byEntity[order[i]];
  return order;
}

function duplicateKey(source: CellSource, name: string, time: number, a: number, b: number): QuantwrightError {
  const rows = [Math.min(a, b), Math.max(a, b)];
  const text = `${source.fn}: time and entity must be unique, got ${formatTime(time)} ${JSON.stringify(name)} in ${source.rowName(rows[0])} and ${source.rowName(rows[1])}`;
  return new QuantwrightError('ERR_DUPLICATE', text, { details: { rows, entity: name, time } });
}
