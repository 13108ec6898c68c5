/** Where calibrations begin: parameters read off the quotes. */
import type { CalibrationQuotes } from './calibration-quotes.ts';

/** kappa, sigma and |rho| where the quotes do not say: a moderate, a fast and a slow variance. */
const MODERATE = [1.5, 0.6, 0.6];
const FAST = [6, 2, 0.6];
const SLOW = [0.4, 0.25, 0.6];
// Rate, mean and deviation of jumps: a few crashes in ten years.
const JUMPS = [0.3, 0.1, 0.1];

/**
 * Up to three starts: v0 and theta from the at-the-money volatilities of the shortest and the longest expiry, the sign of the correlation from
 * the skew of the shortest.
 *
 * @param rows - the quotes that are fitted, ascending
 * @param count - 5, or 8 with jumps
 */
export function startsFromQuotes(quotes: CalibrationQuotes, rows: Int32Array, count: number): readonly Float64Array[] {
  let shortest = rows[0];
  let longest = rows[0];
  for (const row of rows) {
    if (quotes.expiryYears[row] < quotes.expiryYears[shortest]) shortest = row;
    if (quotes.expiryYears[row] > quotes.expiryYears[longest]) longest = row;
  }
  const short = quotes.expiryYears[shortest];
  const v0 = Math.max(1e-4, atMoneyVol(quotes, rows, short) ** 2);
  const theta = Math.max(1e-4, atMoneyVol(quotes, rows, quotes.expiryYears[longest]) ** 2);
  const sign = skewOf(quotes, rows, short) > 0 ? 1 : -1;
  return [MODERATE, FAST, SLOW].map(([kappa, sigma, rho]) => {
    const start = new Float64Array(count);
    start.set([v0, kappa, theta, sigma, sign * rho]);
    if (count > 5) start.set([JUMPS[0], sign * JUMPS[1], JUMPS[2]], 5);
    return start;
  });
}

// Linear between the nearest strikes on both sides of the forward, or the nearest.
function atMoneyVol(quotes: CalibrationQuotes, rows: Int32Array, expiryYears: number): number {
  let below = -1;
  let above = -1;
  for (const row of rows) {
    if (quotes.expiryYears[row] !== expiryYears) continue;
    const k = quotes.logMoneyness[row];
    if (k <= 0 && (below < 0 || k > quotes.logMoneyness[below])) below = row;
    if (k > 0 && (above < 0 || k < quotes.logMoneyness[above])) above = row;
  }
  if (below < 0 || above < 0) return quotes.marketVol[below < 0 ? above : below];
  const share = -quotes.logMoneyness[below] / (quotes.logMoneyness[above] - quotes.logMoneyness[below]);
  return quotes.marketVol[below] + share * (quotes.marketVol[above] - quotes.marketVol[below]);
}

// Sign of the slope of a line through the volatilities.
function skewOf(quotes: CalibrationQuotes, rows: Int32Array, expiryYears: number): number {
  let n = 0;
  let meanK = 0;
  let meanVol = 0;
  let slope = 0;
  for (const row of rows) {
    if (quotes.expiryYears[row] !== expiryYears) continue;
    n++;
    const dk = quotes.logMoneyness[row] - meanK;
    meanK += dk / n;
    meanVol += (quotes.marketVol[row] - meanVol) / n;
    slope += dk * (quotes.marketVol[row] - meanVol);
  }
  return slope;
}

/**
 * Rows to look for the minimum on: at most `expiries` of the expiries and `perExpiry` quotes of each, evenly spread, ends included; `rows` itself
 * when that is not much less.
 */
export function sampleRows(quotes: CalibrationQuotes, rows: Int32Array, expiries: number, perExpiry: number): Int32Array {
  if (rows.length <= 3 * expiries * perExpiry) return rows;
  const slices: number[][] = [];
  for (let e = 0, at = 0; e + 1 < quotes.offsets.length; e++) {
    const slice: number[] = [];
    for (; at < rows.length && rows[at] < quotes.offsets[e + 1]; at++) slice.push(rows[at]);
    if (slice.length > 0) slices.push(slice);
  }
  const byTime = slices.sort((a, b) => quotes.expiryYears[a[0]] - quotes.expiryYears[b[0]]);
  const kept = evenly(byTime, expiries).flatMap((slice) => evenly(slice.sort((a, b) => quotes.logMoneyness[a] - quotes.logMoneyness[b]), perExpiry));
  return Int32Array.from(kept).sort();
}

function evenly<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}
