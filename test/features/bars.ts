import { type Panel, panelFromColumns } from '../../src/panel/index.ts';

/** One row of a small hand-made panel; sessions are days from 2020-01-01. */
export interface Bar {
  readonly s: number;
  readonly e: string;
  readonly [column: string]: number | string;
}

const DAY = 86_400_000;
export const timeOf = (s: number): number => Date.UTC(2020, 0, 1) + s * DAY;

/** A panel from bars; a column a bar lacks is NaN there. */
export function panelOf(bars: readonly Bar[]): Panel {
  const names = [...new Set(bars.flatMap((bar) => Object.keys(bar)))].filter((name) => name !== 's' && name !== 'e');
  const columns: Record<string, ArrayLike<unknown>> = { time: bars.map((bar) => timeOf(bar.s)), entity: bars.map((bar) => bar.e) };
  for (const name of names) columns[name] = bars.map((bar) => (bar[name] ?? NaN) as number);
  return panelFromColumns(columns, { entity: 'entity', time: 'time' });
}

/** One entity with the given values of one column at sessions 0, 1, ...; null leaves the row out. */
export function series(values: readonly (number | null)[], name = 'close', e = 'A'): Bar[] {
  return values.flatMap((value, s) => (value === null ? [] : [{ s, e, [name]: value }]));
}

/** The row of entity `e` at day `s`. */
export function rowOf(panel: Panel, s: number, e: string): number {
  for (let row = 0; row < panel.rowCount; row++) if (panel.sessions[panel.session[row]] === timeOf(s) && panel.entities[panel.entity[row]] === e) return row;
  throw new Error(`no row of ${e} at ${s}`);
}
