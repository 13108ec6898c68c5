/** Cross-sections: each sees the rows of one session and nothing else. Values stand at grid positions, in panel order within the session. */
import { averageRanks } from '../core/sort.ts';
import type { Grid } from './grid.ts';

/** Equal-weight mean of the values of each session that are not NaN; `out` is indexed by session minus `grid.base`. */
export function sessionMean(x: Float64Array, out: Float64Array, grid: Grid, from: number, to: number): void {
  const { positionOf, firstRow, base } = grid;
  const { sessionStart } = grid.panel;
  for (let s = from; s < to; s++) {
    let sum = 0;
    let n = 0;
    for (let row = sessionStart[s]; row < sessionStart[s + 1]; row++) {
      const v = x[positionOf[row - firstRow]];
      if (v === v) {
        sum += v;
        n++;
      }
    }
    out[s - base] = n === 0 ? NaN : sum / n;
  }
}

/** Average rank / n - 0.5 among the n values of the session. */
export function sessionRank(x: Float64Array, out: Float64Array, grid: Grid, from: number, to: number): void {
  const { positionOf, firstRow } = grid;
  const { sessionStart } = grid.panel;
  for (let s = from; s < to; s++) {
    const start = sessionStart[s] - firstRow;
    const count = sessionStart[s + 1] - firstRow - start;
    const values = new Float64Array(count);
    let n = 0;
    for (let i = 0; i < count; i++) {
      const v = x[positionOf[start + i]];
      values[i] = v;
      if (v === v) n++;
    }
    const ranks = averageRanks(values);
    for (let i = 0; i < count; i++) out[positionOf[start + i]] = ranks[i] / n - 0.5;
  }
}

/** As {@link sessionRank}, inside each group of equal codes; NaN where the code is NaN. */
export function sessionGroupRank(x: Float64Array, codes: Float64Array, out: Float64Array, grid: Grid, from: number, to: number): void {
  const { positionOf, firstRow } = grid;
  const { sessionStart } = grid.panel;
  for (let s = from; s < to; s++) {
    const groups = new Map<number, number[]>();
    for (let row = sessionStart[s]; row < sessionStart[s + 1]; row++) {
      const position = positionOf[row - firstRow];
      const code = codes[position];
      if (code !== code || x[position] !== x[position]) continue;
      const group = groups.get(code);
      if (group === undefined) groups.set(code, [position]);
      else group.push(position);
    }
    for (const positions of groups.values()) {
      const ranks = averageRanks(positions.map((position) => x[position]));
      positions.forEach((position, i) => {
        out[position] = ranks[i] / positions.length - 0.5;
      });
    }
  }
}

/** (x - mean) / std among the values of the session, cut to [-clip, clip]. */
export function sessionZScore(x: Float64Array, out: Float64Array, grid: Grid, from: number, to: number, ddof: number, clip: number): void {
  const { positionOf, firstRow } = grid;
  const { sessionStart } = grid.panel;
  for (let s = from; s < to; s++) {
    const begin = sessionStart[s] - firstRow;
    const end = sessionStart[s + 1] - firstRow;
    // Deviations from the first value: equal values give a standard deviation of exactly 0.
    let pivot = NaN;
    let sum = 0;
    let n = 0;
    for (let i = begin; i < end; i++) {
      const v = x[positionOf[i]];
      if (v !== v) continue;
      if (n++ === 0) pivot = v;
      sum += v - pivot;
    }
    const shift = sum / n;
    let squares = 0;
    for (let i = begin; i < end; i++) {
      const d = x[positionOf[i]] - pivot - shift;
      if (d === d) squares += d * d;
    }
    const std = n > ddof ? Math.sqrt(squares / (n - ddof)) : 0;
    for (let i = begin; i < end; i++) {
      const position = positionOf[i];
      const z = std > 0 ? (x[position] - pivot - shift) / std : NaN;
      out[position] = z === z ? Math.max(-clip, Math.min(clip, z)) : NaN;
    }
  }
}
