/** Which rows of a chain belong to which expiry, in order of strike. */
import { argsort } from '../../core/sort.ts';
import { YEAR_MS } from './expiry-time.ts';

/** The rows of one expiry of one group. */
export interface ChainSlice {
  readonly group: string;
  /** Epoch milliseconds UTC. */
  readonly expiryTime: number;
  /** Years of 365 days from the time of the chain; not positive when expired. */
  readonly expiryYears: number;
  /** Rows `order[start]` to `order[end - 1]` of the chain. */
  readonly start: number;
  readonly end: number;
}

export interface ContractColumns {
  readonly groups: readonly string[];
  readonly groupOf: Uint32Array;
  readonly expiryTime: Float64Array;
  readonly strike: Float64Array;
  readonly side: Int8Array;
}

/** Slices by time and then group; rows by slice, strike and type. */
export function sliceRows(contracts: ContractColumns, asOf: number): { slices: readonly ChainSlice[]; order: Uint32Array; sliceOfRow: Int32Array } {
  const { groups, groupOf, expiryTime, strike, side } = contracts;
  const size = strike.length;
  const sliceOfRow = new Int32Array(size).fill(-1);
  const byGroup: Map<number, number>[] = groups.map(() => new Map<number, number>());
  const groupOfSlice: number[] = [];
  const timeOfSlice: number[] = [];
  const counts: number[] = [];
  let [lastGroup, lastTime, slice] = [-1, NaN, -1]; // rows of one expiry mostly follow each other
  for (let i = 0; i < size; i++) {
    const time = expiryTime[i];
    if (time !== time || side[i] === 0 || !(strike[i] > 0) || strike[i] === Infinity) continue;
    if (groupOf[i] !== lastGroup || time !== lastTime) {
      [lastGroup, lastTime] = [groupOf[i], time];
      const known = byGroup[lastGroup].get(time);
      slice = known ?? timeOfSlice.length;
      if (known === undefined) {
        byGroup[lastGroup].set(time, slice);
        groupOfSlice.push(lastGroup);
        timeOfSlice.push(time);
        counts.push(0);
      }
    }
    sliceOfRow[i] = slice;
    counts[slice]++;
  }

  const byTime = timeOfSlice.map((_, s) => s).sort((a, b) => timeOfSlice[a] - timeOfSlice[b] || (groups[groupOfSlice[a]] < groups[groupOfSlice[b]] ? -1 : 1));
  const place = new Int32Array(byTime.length);
  const next = new Uint32Array(byTime.length);
  const slices: ChainSlice[] = [];
  let start = 0;
  byTime.forEach((s, p) => {
    place[s] = p;
    next[p] = start;
    const end = start + counts[s];
    slices.push(Object.freeze({ group: groups[groupOfSlice[s]], expiryTime: timeOfSlice[s], expiryYears: (timeOfSlice[s] - asOf) / YEAR_MS, start, end }));
    start = end;
  });
  const order = new Uint32Array(start);
  for (let i = 0; i < size; i++) {
    if (sliceOfRow[i] < 0) continue;
    const p = place[sliceOfRow[i]];
    sliceOfRow[i] = p;
    order[next[p]++] = i;
  }
  for (const { start: from, end } of slices) sortByContract(order.subarray(from, end), strike, side);
  return { slices: Object.freeze(slices), order, sliceOfRow };
}

// Calls and puts, each by strike, then merged; stable.
function sortByContract(rows: Uint32Array, strike: Float64Array, side: Int8Array): void {
  const calls = byStrike(rows.filter((row) => side[row] === 1), strike);
  const puts = byStrike(rows.filter((row) => side[row] === -1), strike);
  for (let k = 0, c = 0, p = 0; k < rows.length; k++) rows[k] = p >= puts.length || (c < calls.length && strike[calls[c]] <= strike[puts[p]]) ? calls[c++] : puts[p++];
}

function byStrike(rows: Uint32Array, strike: Float64Array): Uint32Array {
  let i = 1;
  while (i < rows.length && strike[rows[i - 1]] <= strike[rows[i]]) i++;
  if (i >= rows.length) return rows;
  return argsort(Float64Array.from(rows, (row) => strike[row])).map((place) => rows[place]);
}
