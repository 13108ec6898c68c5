/** One more session at the end of a panel. */
import { requireKnownKeys, requireText, unknownName } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { formatTime } from '../core/time.ts';
import { finishPanel } from './finish.ts';
import { columnsOfRows, PANEL_OPTION_KEYS, type PanelOptions, requireBytes } from './from-columns.ts';
import { cellError, indexedRows, readEntities, readNumbers, readTimes } from './read-cells.ts';
import { sortKeys } from './sort-rows.ts';
import type { Column, Panel } from './types.ts';

/**
 * The panel with one session added, strictly later than its last: equal to the bit to the panel of all rows at once.
 *
 * Copies, O(n), without sorting the old rows again. New entities may appear.
 *
 * @param rows - the rows of one time, in any order, with every column of the panel
 * @param options - as for `panelFromRows`; columns keep the width they have, whatever `float32` says
 * @throws QuantwrightError `ERR_UNKNOWN_NAME` for a column that no row has, or that the panel has not
 * @throws DomainError for a second time among the rows or one not after the last session, naming the row
 */
export function appendSession(panel: Panel, rows: readonly object[], options: PanelOptions): Panel {
  const fn = 'appendSession';
  requireKnownKeys(fn, options, PANEL_OPTION_KEYS);
  const timeName = requireText(fn, 'time', options.time);
  const entityName = requireText(fn, 'entity', options.entity);
  const names = Object.keys(panel.columns);
  if (options.columns === undefined) requireNoOthers(fn, Object.keys(columnsOfRows(fn, rows, options)), [entityName, timeName, ...names]);
  else requireNoOthers(fn, options.columns, names);
  const cells = columnsOfRows(fn, rows, { ...options, columns: names });
  const total = panel.rowCount + rows.length;
  const all = Object.values(panel.columns);
  requireBytes(fn, total, names.length, { ...options, float32: all.length > 0 && all.every((column) => column instanceof Float32Array) });

  const source = indexedRows(fn);
  const times = readTimes(source, timeName, cells[timeName]);
  const lastTime = panel.sessions[panel.sessions.length - 1];
  times.forEach((time, row) => {
    if (time !== times[0]) throw cellError(source, timeName, row, `all rows must have the time of row 0 (${formatTime(times[0])}), got ${formatTime(time)}`);
  });
  if (times[0] <= lastTime) throw new DomainError(`${fn}: the session must be later than the panel's last (${formatTime(lastTime)}), got ${formatTime(times[0])}`, { details: { column: timeName, row: 0 } });
  const added = readEntities(source, entityName, cells[entityName]);
  const keys = sortKeys(source, times, added);

  const { entities, oldCode, addedCode } = mergeNames(panel.entities, added.names);
  const n = panel.rowCount;
  const entity = new Uint32Array(total);
  for (let i = 0; i < n; i++) entity[i] = oldCode[panel.entity[i]];
  for (let i = n; i < total; i++) entity[i] = addedCode[keys.entity[i - n]];
  const sessionCount = panel.sessions.length;
  const session = new Uint32Array(total).fill(sessionCount, n);
  session.set(panel.session);
  const columns: Record<string, Column> = {};
  for (const name of names) {
    const old = panel.columns[name];
    const grown: Column = old instanceof Float32Array ? new Float32Array(total) : new Float64Array(total);
    grown.set(old);
    readNumbers(source, name, cells[name], grown.subarray(n), keys.order);
    columns[name] = grown;
  }
  const sessions = new Float64Array(sessionCount + 1).fill(times[0]);
  sessions.set(panel.sessions);
  const sessionStart = new Uint32Array(sessionCount + 2).fill(total);
  sessionStart.set(panel.sessionStart);
  return finishPanel({ rowCount: total, entities, sessions, sessionStart, session, entity, columns });
}

function requireNoOthers(fn: string, names: readonly string[], known: readonly string[]): void {
  for (const name of names) if (!known.includes(name)) throw unknownName(fn, "column (not one of the panel's)", name, known);
}

// The union of two ascending lists of names, and the place of each old and each added name in it.
function mergeNames(old: readonly string[], added: readonly string[]): { entities: string[]; oldCode: Uint32Array; addedCode: Uint32Array } {
  const entities: string[] = [];
  const oldCode = new Uint32Array(old.length);
  const addedCode = new Uint32Array(added.length);
  let a = 0;
  let b = 0;
  while (a < old.length || b < added.length) {
    const name = b >= added.length || (a < old.length && old[a] <= added[b]) ? old[a] : added[b];
    const code = entities.push(name) - 1;
    if (old[a] === name) oldCode[a++] = code;
    if (added[b] === name) addedCode[b++] = code;
  }
  return { entities, oldCode, addedCode };
}
