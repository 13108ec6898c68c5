/** Checks of single bars: prices, volume, and the order low, open and close, high. */
import type { EntityRows } from './entity-rows.ts';
import { timeOf } from './inspect-closes.ts';
import type { Finding, FindingKind } from './inspection-types.ts';
import type { Column, Panel } from './types.ts';

/** Runs of rows of one entity for which `isFound` holds. */
export function findRuns(panel: Panel, entityRows: EntityRows, kind: FindingKind, isFound: (row: number) => boolean, what: string): Finding[] {
  const found: Finding[] = [];
  panel.entities.forEach((entity, e) => {
    const end = entityRows.start[e + 1];
    let from = -1;
    for (let k = entityRows.start[e]; k <= end; k++) {
      if (k < end && isFound(entityRows.rows[k])) {
        if (from < 0) from = k;
      } else if (from >= 0) {
        const last = timeOf(panel, entityRows.rows[k - 1]);
        found.push({ kind, entity, time: timeOf(panel, entityRows.rows[from]), value: k - from, detail: k - from === 1 ? what : `${what} to ${last}` });
        from = -1;
      }
    }
  });
  return found;
}

/** The price columns a panel has. */
export interface BarColumns {
  readonly open?: Column;
  readonly high?: Column;
  readonly low?: Column;
  readonly close?: Column;
}

// Adjusted prices are rounded separately: an excess of this relative size is rounding.
const ROUNDING = 1e-6;

/** Rows whose high is below another price, or whose low is above one. */
export function findInconsistentBars(panel: Panel, bars: BarColumns): Finding[] {
  const found: Finding[] = [];
  const names = ['open', 'high', 'low', 'close'] as const;
  const present = names.flatMap((name) => (bars[name] === undefined ? [] : [{ name, values: bars[name] }]));
  const pairs = present.flatMap((above) => present.filter((below) => above.name !== below.name && (above.name === 'high' || below.name === 'low')).map((below) => ({ above, below })));
  for (let row = 0; row < panel.rowCount; row++) {
    let worst = ROUNDING;
    let detail = '';
    for (const { above, below } of pairs) {
      const top = above.values[row];
      const bottom = below.values[row];
      const excess = (bottom - top) / Math.abs(top);
      if (excess > worst) {
        worst = excess;
        detail = `${below.name} ${bottom} above ${above.name} ${top}`;
      }
    }
    if (detail !== '') found.push({ kind: 'ohlc-inconsistent', entity: panel.entities[panel.entity[row]], time: timeOf(panel, row), value: worst, detail });
  }
  return found;
}
