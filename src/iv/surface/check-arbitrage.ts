/** A witness against static arbitrage that knows nothing of how a surface was made. */
import { requireInteger, requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';
import { arbitrageReport } from './arbitrage-report.ts';
import type { ArbitrageReport, ArbitrageViolation } from './arbitrage-report.ts';
import { expiryStatus, smileAt } from './at-expiry.ts';
import { checkSmile } from './check-smile.ts';
import { surfaceFor } from './iv-surface.ts';
import type { IvSurface, SurfaceSlice } from './iv-surface.ts';
import { dipIn, flaggedRuns, mayDipBelow, signChange } from './scan.ts';
import type { SmileProbe } from './smile-probe.ts';

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
 * @param surface - or its slices, taken with the standard rules
 * @throws DomainError for options out of range
 * @see Gatheral and Jacquier (2014), sections 2.1 and 2.2; Lee (2004); Roper (2010), "Arbitrage free implied volatility surfaces", theorem 2.9
 * @example checkArbitrage(surface).isArbitrageFree
 */
export function checkArbitrage(surface: IvSurface | readonly SurfaceSlice[], options: CheckArbitrageOptions = {}): ArbitrageReport {
  const fn = 'checkArbitrage';
  requireKnownKeys(fn, options, ['standardDeviations', 'logMoneynessRange', 'between', 'extraExpiryYears', 'butterflyTolerance', 'calendarTolerance']);
  const whole = 'slices' in surface ? surface : surfaceFor(fn, surface, {});
  const deviations = requireNumber(fn, 'standardDeviations', options.standardDeviations ?? 10, { min: 0, open: true });
  const between = requireInteger(fn, 'between', options.between ?? 3, { min: 0, max: 1000 });
  const tolerance = requireNumber(fn, 'butterflyTolerance', options.butterflyTolerance ?? 1e-8, { min: 0 });
  const calendarTolerance = requireNumber(fn, 'calendarTolerance', options.calendarTolerance ?? 1e-10, { min: 0 });
  const fixed = checkedRange(fn, options.logMoneynessRange);
  const found: ArbitrageViolation[] = [];
  const seen = timesOf(fn, whole, between, options.extraExpiryYears ?? []).map(({ expiryYears, isInterpolated }): Seen => {
    const smile = smileAt(whole, expiryYears);
    const [low, high] = fixed ?? rangeOf(smile, deviations);
    return { expiryYears, isInterpolated, smile, probe: checkSmile(smile, low, high, tolerance, { expiryYears, isInterpolated }, found) };
  });
  let pairs = 0;
  const compare = (near: Seen, far: Seen): void => {
    pairs++;
    checkCalendar(near, far, calendarTolerance, found);
  };
  const slices = seen.filter(({ isInterpolated }) => !isInterpolated);
  for (let i = 1; i < slices.length; i++) {
    const before = found.length;
    compare(slices[i - 1], slices[i]);
    // What is in between follows its ends: it is looked at where those are in order.
    if (found.length === before) neighbours(seen, slices[i - 1].expiryYears, slices[i].expiryYears).forEach(([near, far]) => compare(near, far));
  }
  neighbours(seen, -Infinity, slices[0].expiryYears).forEach(([near, far]) => compare(near, far));
  neighbours(seen, slices[slices.length - 1].expiryYears, Infinity).forEach(([near, far]) => compare(near, far));
  return arbitrageReport(found, {
    smileCount: seen.length,
    interpolatedCount: seen.length - slices.length,
    pairCount: pairs,
    nodeCount: seen.reduce((sum, { probe }) => sum + probe.logMoneyness.length, 0),
    undefinedNodes: seen.reduce((sum, { probe }) => sum + probe.undefinedNodes, 0),
  });
}

interface Seen {
  readonly expiryYears: number;
  readonly isInterpolated: boolean;
  readonly smile: Smile;
  readonly probe: SmileProbe;
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

// Neighbouring pairs of times in [from, to]; none when there is nothing between two slices.
function neighbours(seen: readonly Seen[], from: number, to: number): readonly (readonly [Seen, Seen])[] {
  const inside = seen.filter(({ expiryYears }) => expiryYears >= from && expiryYears <= to);
  return inside.length === 2 && !inside[0].isInterpolated && !inside[1].isInterpolated ? [] : inside.slice(1).map((far, i) => [inside[i], far] as const);
}

function checkCalendar(near: Seen, far: Seen, tolerance: number, found: ArbitrageViolation[]): void {
  const k = mergedNodes(near.probe.logMoneyness, far.probe.logMoneyness);
  const excess = (x: number): number => {
    const nearVariance = near.probe.at(x);
    const farVariance = far.probe.at(x);
    return farVariance - nearVariance + tolerance * Math.max(Math.abs(nearVariance), Math.abs(farVariance));
  };
  const gap = k.map(excess);
  const loss = (x: number): number => near.probe.at(x) - far.probe.at(x);
  const add = (from: number, to: number, at: number): void => {
    const isInterpolated = near.isInterpolated || far.isInterpolated;
    found.push({ kind: 'calendar', expiryYears: near.expiryYears, farExpiryYears: far.expiryYears, isInterpolated, fromLogMoneyness: from, toLogMoneyness: to, logMoneyness: at, size: loss(at), witness: null });
  };
  const n = k.length;
  const flags = Uint8Array.from(gap, (value) => Number(value < 0));
  for (const [first, last] of flaggedRuns(flags)) {
    let worst = first;
    for (let i = first; i <= last; i++) if (gap[i] < gap[worst]) worst = i;
    const bottom = worst > 0 && worst < n - 1 ? dipIn(excess, k[worst - 1], k[worst + 1]) : k[worst];
    add(first > 0 ? signChange(excess, k[first - 1], k[first]) : k[first], last < n - 1 ? signChange(excess, k[last + 1], k[last]) : k[last], excess(bottom) < gap[worst] ? bottom : k[worst]);
  }
  for (let i = 1; i < n - 1; i++) {
    if (flags[i - 1] !== 0 || flags[i] !== 0 || flags[i + 1] !== 0 || !mayDipBelow(k[i - 1], gap[i - 1], k[i], gap[i], k[i + 1], gap[i + 1])) continue;
    const at = dipIn(excess, k[i - 1], k[i + 1]);
    if (excess(at) < 0) add(signChange(excess, k[i - 1], at), signChange(excess, k[i + 1], at), at);
  }
}

function mergedNodes(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  all.sort();
  return all.filter((x, i) => i === 0 || x !== all[i - 1]);
}
