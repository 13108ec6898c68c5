/** A witness against static arbitrage that knows nothing of how a surface was made. */
import { requireInteger, requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { driveWith, driveWithSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { DomainError } from '../../core/errors.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';
import { arbitrageReport } from './arbitrage-report.ts';
import type { ArbitrageReport, ArbitrageViolation } from './arbitrage-report.ts';
import { expiryStatus, smileAt } from './at-expiry.ts';
import { checkCalendar } from './check-calendar.ts';
import type { ProbedExpiry } from './check-calendar.ts';
import { checkSmile } from './check-smile.ts';
import { surfaceFor } from './iv-surface.ts';
import type { IvSurface, SurfaceSlice } from './iv-surface.ts';

export interface CheckArbitrageOptions {
  /** Half width of the range in at-the-money total volatilities, sqrt(w(0)), of each smile. @default 10 */
  readonly standardDeviations?: number;
  /** The range in log-moneyness for every expiry, instead of `standardDeviations`. */
  readonly logMoneynessRange?: readonly [number, number];
  /** Times between every two neighbouring expiries that are checked like expiries. @default 3 */
  readonly between?: number;
  /** More times to check, such as some beyond the last expiry. @default [] */
  readonly extraExpiryYears?: ArrayLike<number>;
  /** g below minus this, after what rounding can explain, is a butterfly. @default 1e-8 */
  readonly butterflyTolerance?: number;
  /** Total variance that falls by more than this share of itself is a calendar violation. @default 1e-10 */
  readonly calendarTolerance?: number;
}

/**
 * Every static arbitrage of a surface, on an adaptive grid over ten standard deviations, and in its wings.
 *
 * Works from total variance alone, whatever the kind of smile. Butterflies have two witnesses: convexity of Black prices at three
 * neighbouring strikes (a violation is an arbitrage with those three strikes, however coarse the grid), and Durrleman's g from numerical
 * derivatives. Each allows for what rounding can do, so deep wings raise no false alarm. Verticals are slopes of the same prices. Calendars
 * compare total variance, which orders prices at equal log-moneyness, where prices themselves are too small to compare.
 *
 * Half a millisecond per smile of closed form, some ten for price splines.
 *
 * @param surface - or its slices, taken with the standard rules
 * @throws DomainError for options out of range
 * @see Gatheral and Jacquier (2014), sections 2.1 and 2.2; Lee (2004); Roper (2010), "Arbitrage free implied volatility surfaces", theorem 2.9
 * @example (await checkArbitrage(surface)).isArbitrageFree
 */
export function checkArbitrage(surface: IvSurface | readonly SurfaceSlice[], options: CheckArbitrageOptions & DriveOptions = {}): Promise<ArbitrageReport> {
  return driveWith(options, (own) => checkArbitrageTask(surface, own));
}

/** {@link checkArbitrage} in one go. */
export function checkArbitrageSync(surface: IvSurface | readonly SurfaceSlice[], options: CheckArbitrageOptions & DriveOptions = {}): ArbitrageReport {
  return driveWithSync(options, (own) => checkArbitrageTask(surface, own));
}

/** {@link checkArbitrage} as a task. */
export function* checkArbitrageTask(surface: IvSurface | readonly SurfaceSlice[], options: CheckArbitrageOptions = {}): Task<ArbitrageReport> {
  const fn = 'checkArbitrage';
  requireKnownKeys(fn, options, ['standardDeviations', 'logMoneynessRange', 'between', 'extraExpiryYears', 'butterflyTolerance', 'calendarTolerance']);
  const whole = 'slices' in surface ? surface : surfaceFor(fn, surface, {});
  const deviations = requireNumber(fn, 'standardDeviations', options.standardDeviations ?? 10, { min: 0, open: true });
  const between = requireInteger(fn, 'between', options.between ?? 3, { min: 0, max: 1000 });
  const tolerance = requireNumber(fn, 'butterflyTolerance', options.butterflyTolerance ?? 1e-8, { min: 0 });
  const calendarTolerance = requireNumber(fn, 'calendarTolerance', options.calendarTolerance ?? 1e-10, { min: 0 });
  const fixed = checkedRange(fn, options.logMoneynessRange);
  const found: ArbitrageViolation[] = [];
  const times = timesOf(fn, whole, between, options.extraExpiryYears ?? []);
  const seen: ProbedExpiry[] = [];
  for (const site of times) {
    yield { phase: 'smiles', done: seen.length, total: times.length };
    const smile = smileAt(whole, site.expiryYears);
    const [low, high] = fixed ?? rangeOf(smile, deviations);
    seen.push({ ...site, probe: checkSmile(smile, low, high, tolerance, site, found) });
  }
  let pairs = 0;
  let faulty = false;
  for (const [near, far, isWithin] of pairsOf(seen)) {
    yield { phase: 'calendar', done: pairs, total: 2 * times.length };
    // What is between two slices follows them: it is looked at where those are in order.
    if (isWithin && faulty) continue;
    pairs++;
    const before = found.length;
    checkCalendar(near, far, calendarTolerance, found);
    if (!isWithin) faulty = found.length > before;
  }
  return arbitrageReport(found, {
    smileCount: seen.length,
    interpolatedCount: seen.filter(({ isInterpolated }) => isInterpolated).length,
    pairCount: pairs,
    nodeCount: seen.reduce((sum, { probe }) => sum + probe.logMoneyness.length, 0),
    undefinedNodes: seen.reduce((sum, { probe }) => sum + probe.undefinedNodes, 0),
  });
}

function checkedRange(fn: string, range: readonly [number, number] | undefined): readonly [number, number] | undefined {
  if (range === undefined) return undefined;
  if (!Array.isArray(range) || range.length !== 2) throw new DomainError(`${fn}: logMoneynessRange must be [low, high], got ${show(range)}`);
  const low = requireNumber(fn, 'logMoneynessRange[0]', range[0], { min: -500, max: 500 });
  return [low, requireNumber(fn, 'logMoneynessRange[1]', range[1], { min: Math.max(low, -500), max: 500 })];
}

function rangeOf(smile: Smile, deviations: number): readonly [number, number] {
  const out = new Float64Array(3);
  evaluateSmile(smile, 0, out);
  // Without a level at the money ten deviations of a total volatility of 0.1 must do; with a huge one, what exp(k) can hold.
  const half = Math.min(deviations * Math.sqrt(out[0] > 0 ? out[0] : 0.01), 500);
  return [-half, half];
}

function timesOf(fn: string, surface: IvSurface, between: number, extra: ArrayLike<number>): readonly { readonly expiryYears: number; readonly isInterpolated: boolean }[] {
  const slices = surface.slices.map(({ expiryYears }) => expiryYears);
  const times = new Map(slices.map((expiryYears) => [expiryYears, false]));
  const addTime = (expiryYears: number): void => {
    if (!times.has(expiryYears)) times.set(expiryYears, true);
  };
  for (let i = 1; i < slices.length; i++) for (let j = 1; j <= between; j++) addTime(slices[i - 1] + ((slices[i] - slices[i - 1]) * j) / (between + 1));
  Array.from(extra, (years, i) => requireNumber(fn, `extraExpiryYears[${i}]`, years, { min: 0, open: true })).filter((years) => expiryStatus(surface, years) !== 'outside-expiries').forEach(addTime);
  return [...times].map(([expiryYears, isInterpolated]) => ({ expiryYears, isInterpolated })).sort((a, b) => a.expiryYears - b.expiryYears);
}

// Every two neighbouring slices, followed by the pairs of times from one to the other; then pairs before the first and after the last slice.
function pairsOf(seen: readonly ProbedExpiry[]): readonly (readonly [ProbedExpiry, ProbedExpiry, boolean])[] {
  const pairs: [ProbedExpiry, ProbedExpiry, boolean][] = [];
  const slices = seen.map((_, i) => i).filter((i) => !seen[i].isInterpolated);
  for (let j = 1; j < slices.length; j++) {
    const [first, last] = [slices[j - 1], slices[j]];
    pairs.push([seen[first], seen[last], false]);
    if (last > first + 1) for (let i = first + 1; i <= last; i++) pairs.push([seen[i - 1], seen[i], true]);
  }
  for (let i = 1; i <= slices[0]; i++) pairs.push([seen[i - 1], seen[i], false]);
  for (let i = slices[slices.length - 1] + 1; i < seen.length; i++) pairs.push([seen[i - 1], seen[i], false]);
  return pairs;
}
