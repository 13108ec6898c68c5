/** Checks of closes: jumps, stale prices, two entities with one price series. */
import { median, standardDeviation } from '../core/stats.ts';
import { formatTime } from '../core/time.ts';
import type { EntityRows } from './entity-rows.ts';
import type { Finding } from './inspection-types.ts';
import type { Column, Panel } from './types.ts';

// Fewer returns than this say nothing about what is usual for the entity.
const MIN_RETURNS = 20;
const MAD_TO_SIGMA = 1.4826; // for a normal distribution

/** Log returns far outside the entity's usual range: splits and spin-offs left unadjusted, bad prints, and real shocks. */
export function findJumps(panel: Panel, entityRows: EntityRows, close: Column, jumpSigma: number): Finding[] {
  const found: Finding[] = [];
  panel.entities.forEach((entity, e) => {
    const returns: number[] = [];
    const returnRows: number[] = [];
    let previous = NaN;
    for (let k = entityRows.start[e]; k < entityRows.start[e + 1]; k++) {
      const row = entityRows.rows[k];
      const price = close[row];
      if (!(price > 0)) continue;
      if (previous === previous) {
        returns.push(Math.log(price / previous));
        returnRows.push(row);
      }
      previous = price;
    }
    if (returns.length < MIN_RETURNS) return;
    const centre = median(returns);
    // More than half of the returns equal: no median deviation to measure by.
    const sigma = MAD_TO_SIGMA * median(returns.map((r) => Math.abs(r - centre))) || standardDeviation(returns);
    returns.forEach((value, i) => {
      const sigmas = Math.abs(value - centre) / sigma;
      if (!(sigmas > jumpSigma)) return;
      const detail = `close times ${Math.exp(value).toPrecision(3)}, ${sigmas.toPrecision(3)} robust sigmas`;
      found.push({ kind: 'jump', entity, time: timeOf(panel, returnRows[i]), value, detail });
    });
  });
  return found;
}

/** Runs of equal closes. */
export function findStale(panel: Panel, entityRows: EntityRows, close: Column, staleRows: number): Finding[] {
  const found: Finding[] = [];
  panel.entities.forEach((entity, e) => {
    const end = entityRows.start[e + 1];
    let from = entityRows.start[e];
    for (let k = from + 1; k <= end; k++) {
      if (k < end && close[entityRows.rows[k]] === close[entityRows.rows[from]]) continue;
      const length = k - from;
      if (length >= staleRows) found.push({ kind: 'stale', entity, time: timeOf(panel, entityRows.rows[from]), value: length, detail: `${length} closes of ${close[entityRows.rows[from]]} to ${formatTime(panel.sessions[panel.session[entityRows.rows[k - 1]]])}` });
      from = k;
    }
  });
  return found;
}

/** Two entities whose closes are equal over many sessions: one security under two names. One pass, each entity compared with one partner. */
export function findDuplicateCloses(panel: Panel, close: Column, duplicateSessions: number): Finding[] {
  const found: Finding[] = [];
  const count = panel.entities.length;
  const partner = new Int32Array(count).fill(-1);
  const length = new Uint32Array(count);
  const firstRow = new Uint32Array(count);
  const rowInSession = new Int32Array(count).fill(-1);
  const endRun = (e: number): void => {
    if (partner[e] >= 0 && length[e] >= duplicateSessions) {
      const other = panel.entities[partner[e]];
      found.push({ kind: 'duplicate-closes', entity: panel.entities[e], time: timeOf(panel, firstRow[e]), value: length[e], detail: `same closes as ${other}` });
    }
    partner[e] = -1;
  };
  for (let s = 0; s < panel.sessions.length; s++) {
    const start = panel.sessionStart[s];
    const firstWithClose = new Map<number, number>();
    for (let row = start; row < panel.sessionStart[s + 1]; row++) {
      const e = panel.entity[row];
      const price = close[row];
      if (price !== price) continue;
      rowInSession[e] = row;
      const known = firstWithClose.get(price);
      if (known === undefined) firstWithClose.set(price, e);
      const other = partner[e];
      if (other >= 0 && rowInSession[other] < start) continue; // the partner is absent: nothing to compare
      if (other >= 0 && close[rowInSession[other]] === price) length[e]++;
      else {
        endRun(e);
        if (known !== undefined) {
          partner[e] = known;
          length[e] = 1;
          firstRow[e] = row;
        }
      }
    }
  }
  for (let e = 0; e < count; e++) endRun(e);
  return found;
}

/** Time of a row as text. */
export function timeOf(panel: Panel, row: number): string {
  return formatTime(panel.sessions[panel.session[row]]);
}
