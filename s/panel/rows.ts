/** Rows of a panel as plain objects, for printing and for other programs. */
import { requireKnownKeys, requireText } from '../core/assert.ts';
import { QuantwrightError } from '../core/errors.ts';
import { formatTime } from '../core/time.ts';
import { type SessionRange, sessionBounds } from './select.ts';
import type { Panel } from './types.ts';

/** What the key columns are called outside the panel. */
export interface KeyNames {
  /** @default 'time' */
  readonly time?: string;
  /** @default 'entity' */
  readonly entity?: string;
}

/** A row: time as text, entity, then the columns. */
export type PanelRow = Record<string, string | number>;

/**
 * Rows as objects, time as text: `{ time: '2018-02-07', entity: 'A', close: 67.8 }`. Missing values are NaN.
 * `panelFromRows(panelRows(panel), { entity: 'entity', time: 'time' })` is the same panel.
 *
 * @param options - range of sessions as in `selectSessions`, names of the key columns
 * @throws QuantwrightError `ERR_DUPLICATE` when a column has the name of a key
 * @example console.table(panelRows(panel, { last: 1 }))
 */
export function panelRows(panel: Panel, options: SessionRange & KeyNames = {}): PanelRow[] {
  const fn = 'panelRows';
  requireKnownKeys(fn, options, ['from', 'to', 'last', 'time', 'entity']);
  const { time, entity, ...range } = options;
  const keys = requireKeyNames(fn, panel, { time, entity });
  const [first, end] = sessionBounds(fn, panel, range);
  const rows: PanelRow[] = [];
  const columns = Object.entries(panel.columns);
  for (let s = first; s < end; s++) {
    const text = formatTime(panel.sessions[s]);
    for (let i = panel.sessionStart[s]; i < panel.sessionStart[s + 1]; i++) {
      const row: PanelRow = { [keys.time]: text, [keys.entity]: panel.entities[panel.entity[i]] };
      for (const [name, values] of columns) row[name] = values[i];
      rows.push(row);
    }
  }
  return rows;
}

/** The names of the key columns, which must differ from each other and from every column. */
export function requireKeyNames(fn: string, panel: Panel, names: KeyNames): Required<KeyNames> {
  const time = requireText(fn, 'time', names.time ?? 'time');
  const entity = requireText(fn, 'entity', names.entity ?? 'entity');
  const clash = time === entity ? time : [time, entity].find((name) => Object.hasOwn(panel.columns, name));
  if (clash !== undefined) throw new QuantwrightError('ERR_DUPLICATE', `${fn}: time, entity and columns must have different names, got ${JSON.stringify(clash)} twice; name the keys in the options`, { details: { column: clash } });
  return { time, entity };
}
