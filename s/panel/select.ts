/** Part of a panel: some sessions, some entities. */
import { requireInteger, requireKnownKeys, show, unknownName } from '../core/assert.ts';
import { lowerBound } from '../core/sort.ts';
import { DomainError } from '../core/errors.ts';
import { formatTime, parseTime } from '../core/time.ts';
import { finishPanel } from './finish.ts';
import type { Column, Panel } from './types.ts';

/** A range of sessions. */
export interface SessionRange {
  /** First time, inclusive: epoch milliseconds or text. A date is 00:00 UTC. @default the panel's first session */
  readonly from?: number | string;
  /** Last time, inclusive. A date is 00:00 UTC, so intraday sessions of that day lie after it. @default the panel's last session */
  readonly to?: number | string;
  /** Only the last so many of these sessions. @default all */
  readonly last?: number;
}

/**
 * The rows of a range of sessions. Entities without rows there are dropped and codes renumbered.
 *
 * @throws DomainError when no session lies in the range
 * @example selectSessions(panel, { from: '2016-07-01' })
 */
export function selectSessions(panel: Panel, range: SessionRange): Panel {
  const [first, end] = sessionBounds('selectSessions', panel, range);
  const start = panel.sessionStart[first];
  const rows = new Uint32Array(panel.sessionStart[end] - start);
  for (let i = 0; i < rows.length; i++) rows[i] = start + i;
  return keepRows(panel, rows);
}

/** Index of the first session of a range, and one past its last. */
export function sessionBounds(fn: string, panel: Panel, range: SessionRange): readonly [number, number] {
  requireKnownKeys(fn, range, ['from', 'to', 'last']);
  const { sessions } = panel;
  let first = 0;
  let end = sessions.length;
  if (range.from !== undefined) first = lowerBound(sessions, parseTime(fn, 'from', range.from));
  if (range.to !== undefined) end = lowerBound(sessions, parseTime(fn, 'to', range.to) + 1); // times are whole milliseconds
  if (range.last !== undefined) first = Math.max(first, end - requireInteger(fn, 'last', range.last, { min: 1 }));
  if (first >= end) {
    const ask = [range.from === undefined ? '' : ` from ${show(range.from)}`, range.to === undefined ? '' : ` to ${show(range.to)}`].join('');
    throw new DomainError(`${fn}: the range must hold at least one session, got none${ask} in ${formatTime(sessions[0])}..${formatTime(sessions[sessions.length - 1])}`);
  }
  return [first, end];
}

/**
 * The rows of some entities. Sessions without rows of theirs are dropped.
 *
 * @param names - at least one entity of the panel; the order does not matter
 * @throws QuantwrightError `ERR_UNKNOWN_NAME` with the nearest entity
 */
export function selectEntities(panel: Panel, names: readonly string[]): Panel {
  const fn = 'selectEntities';
  if (!Array.isArray(names) || names.length === 0) throw new DomainError(`${fn}: names must be an array of at least one entity, got ${show(names)}`);
  const index = new Map(panel.entities.map((name, e) => [name, e]));
  const wanted = new Uint8Array(panel.entities.length);
  for (const name of names) {
    const e = index.get(name);
    if (e === undefined) throw unknownName(fn, 'entity', String(name), panel.entities);
    wanted[e] = 1;
  }
  let count = 0;
  for (let i = 0; i < panel.rowCount; i++) count += wanted[panel.entity[i]];
  const rows = new Uint32Array(count);
  for (let i = 0, k = 0; i < panel.rowCount; i++) if (wanted[panel.entity[i]] === 1) rows[k++] = i;
  return keepRows(panel, rows);
}

// The panel of some of its rows, given in ascending order; at least one.
function keepRows(panel: Panel, rows: Uint32Array): Panel {
  const n = rows.length;
  const present = new Uint8Array(panel.entities.length);
  for (let i = 0; i < n; i++) present[panel.entity[rows[i]]] = 1;
  const code = new Uint32Array(present.length);
  const entities: string[] = [];
  panel.entities.forEach((name, e) => {
    if (present[e] === 1) code[e] = entities.push(name) - 1;
  });
  const entity = new Uint32Array(n);
  const session = new Uint32Array(n);
  const times: number[] = [];
  const starts: number[] = [];
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    entity[i] = code[panel.entity[row]];
    if (i === 0 || panel.session[row] !== panel.session[rows[i - 1]]) {
      times.push(panel.sessions[panel.session[row]]);
      starts.push(i);
    }
    session[i] = times.length - 1;
  }
  starts.push(n);
  const columns: Record<string, Column> = {};
  for (const [name, values] of Object.entries(panel.columns)) {
    const kept: Column = values instanceof Float32Array ? new Float32Array(n) : new Float64Array(n);
    for (let i = 0; i < n; i++) kept[i] = values[rows[i]];
    columns[name] = kept;
  }
  return finishPanel({ rowCount: n, entities, sessions: Float64Array.from(times), sessionStart: Uint32Array.from(starts), session, entity, columns });
}
