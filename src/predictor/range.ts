/** Which sessions of a panel are meant. */
import { parseTime } from '../core/time.ts';
import type { Panel } from '../panel/index.ts';

/** Which sessions to predict; all of them when empty. Times as `YYYY-MM-DD`, date-times with an offset, or epoch milliseconds. */
export interface PredictRange {
  readonly from?: string | number | undefined;
  readonly to?: string | number | undefined;
}

/** First session and one past the last, by inclusive times. */
export function sessionRange(fn: string, panel: Panel, range: PredictRange): [number, number] {
  const from = range.from === undefined ? -Infinity : parseTime(fn, 'from', range.from);
  const to = range.to === undefined ? Infinity : parseTime(fn, 'to', range.to);
  let first = 0;
  while (first < panel.sessions.length && panel.sessions[first] < from) first++;
  let last = panel.sessions.length;
  while (last > first && panel.sessions[last - 1] > to) last--;
  return [first, last];
}

