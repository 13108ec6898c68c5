/** The S&P 500 from 1990 to 2022, and ways to put a 90 % interval around its next return. */
import { aci, conformal, fitGroupCuts, groupsOf, quantileTracker, rolling } from 'quantwright/conformal';
import type { AdaptiveConformal, AdaptiveConformalOptions, AdaptiveIntervals } from 'quantwright/conformal';
import { readExampleCsv } from './read-csv-gz.ts';

/** One row per session, at its close. */
export interface IndexRows {
  readonly dates: readonly string[];
  /** Close of the VIX, the last one known. */
  readonly vix: Float64Array;
  /** Volatility of a day as known at the close: geometric mean of the RiskMetrics volatility and the implied one. */
  readonly dispersion: Float64Array;
  /** Log return over the next `horizon` sessions; NaN where it is still to come. */
  readonly outcomes: Float64Array;
  /** First row of 2000; the rows before it calibrate. */
  readonly start: number;
  readonly horizon: number;
}

const WARM_UP = 22; // rows whose squared returns start the volatility

/** Rows of the index, with outcomes over `horizon` sessions. */
export function indexRows(horizon = 1): IndexRows {
  const cells = readExampleCsv('spx_vix_close_1990_2022.csv.gz').trim().split('\n').slice(1).map((line) => line.split(','));
  const closes = cells.map((row) => Math.log(Number(row[1])));
  const square = (t: number): number => (closes[t + 1] - closes[t]) ** 2;
  let variance = 0;
  for (let t = 0; t < WARM_UP; t++) variance += square(t) / WARM_UP;
  let implied = NaN;
  const vix = Float64Array.from(cells, (row) => {
    if (row[2] !== '') implied = Number(row[2]); // four sessions have no quote
    return implied;
  });
  const dispersion = vix.map((points, t) => {
    if (t > 0) variance = 0.94 * variance + 0.06 * square(t - 1); // RiskMetrics 1996 daily
    return Math.sqrt(Math.sqrt(variance) * (points / 100 / Math.sqrt(252)));
  });
  const dates = cells.map(([date]) => date);
  return { dates, vix, dispersion, outcomes: Float64Array.from(closes, (close, t) => closes[t + horizon] - close), start: dates.findIndex((date) => date >= '1999-12-31'), horizon };
}

/** Ways to an interval. The prediction is 0 throughout: only the width differs. */
export const METHODS = {
  'one width, fixed': {},
  'one width, last 500 days': { adapt: rolling() },
  'one width, ACI': { adapt: aci() },
  'width x volatility, fixed': { score: 'normalized' },
  'width x volatility, tracker': { score: 'normalized', adapt: quantileTracker() },
  'width x volatility, ACI': { score: 'normalized', adapt: aci() },
  'width x volatility, ACI, by VIX tercile': { score: 'normalized', groups: 3, adapt: aci() },
} as const satisfies Record<string, AdaptiveConformalOptions>;

export type MethodName = keyof typeof METHODS;

/** Terciles of the VIX, cut on the rows before 2000. */
export function vixTerciles({ vix, start }: IndexRows): Int32Array {
  return groupsOf(fitGroupCuts(vix.subarray(1, start), 3), vix);
}

/** Intervals calibrated on the rows before 2000. */
export function calibrated(rows: IndexRows, options: AdaptiveConformalOptions): AdaptiveConformal {
  const intervals = conformal({ horizon: rows.horizon, ...options });
  intervals.calibrate(forecasts(rows, options, WARM_UP, rows.start - rows.horizon + 1)); // outcomes known by the first row of 2000
  return intervals;
}

/** The intervals of every row from 2000 on, each from what was known at its close. */
export function replayed(rows: IndexRows, options: AdaptiveConformalOptions): AdaptiveIntervals {
  return calibrated(rows, options).replaySync(forecasts(rows, options, rows.start, rows.dates.length));
}

function forecasts(rows: IndexRows, { score, groups = 1 }: AdaptiveConformalOptions, from: number, to: number): Parameters<AdaptiveConformal['replaySync']>[0] {
  return {
    sessions: Float64Array.from({ length: to - from }, (_, i) => from + i),
    predictions: new Float64Array(to - from),
    outcomes: rows.outcomes.subarray(from, to),
    ...(score === 'normalized' && { dispersion: rows.dispersion.subarray(from, to) }),
    ...(groups > 1 && { groups: vixTerciles(rows).subarray(from, to) }),
  };
}
