/** Static arbitrage within one smile: butterflies by two witnesses, verticals, wings, negative variance. */
import type { Smile } from '../smile.ts';
import type { ArbitrageKind, ArbitrageViolation } from './arbitrage-report.ts';
import { dipIn, flaggedRuns, mayDipBelow, signChange } from './scan.ts';
import { bestDifferencedG, butterflyG, differencedG, priceSlope, probeSmile } from './smile-probe.ts';
import type { SmileProbe } from './smile-probe.ts';

/** What stays the same for every violation of one smile. */
export interface SmileSite {
  readonly expiryYears: number;
  readonly isInterpolated: boolean;
}

// A digital's price outside [0, 1] by less than this is taken for the rounding of whoever made the smile.
const VERTICAL_TOLERANCE = 1e-10;
// A numerical slope this close to Lee's 2 has reached it.
const WING_TOLERANCE = 1e-9;
const FAR = 1e6;
const PRICES = 1;
const DERIVATIVES = 2;

/** Adds what is wrong with a smile on [low, high], and in its wings, to `found`; returns the grid it was seen on. */
export function checkSmile(smile: Smile, low: number, high: number, tolerance: number, site: SmileSite, found: ArbitrageViolation[]): SmileProbe {
  const probe = probeSmile(smile, low, high);
  const add = (kind: ArbitrageKind, from: number, to: number, at: number, size: number, witness: ArbitrageViolation['witness'] = null): void => {
    found.push({ kind, expiryYears: site.expiryYears, farExpiryYears: null, isInterpolated: site.isInterpolated, fromLogMoneyness: from, toLogMoneyness: to, logMoneyness: at, size, witness });
  };
  checkVariance(probe, add);
  checkVerticals(probe, add);
  checkButterflies(probe, tolerance, add);
  checkWing(probe, -1, add);
  checkWing(probe, 1, add);
  return probe;
}

type Add = (kind: ArbitrageKind, from: number, to: number, at: number, size: number, witness?: ArbitrageViolation['witness']) => void;

function checkVariance({ at, logMoneyness: k, totalVariance: w }: SmileProbe, add: Add): void {
  for (const [first, last] of flaggedRuns(Uint8Array.from(w, (value) => Number(!(value > 0))))) {
    let worst = first;
    for (let i = first; i <= last; i++) if (w[i] < w[worst]) worst = i;
    add('negative-variance', first > 0 ? signChange(at, k[first - 1], k[first]) : k[first], last < k.length - 1 ? signChange(at, k[last + 1], k[last]) : k[last], k[worst], -w[worst]);
  }
}

function checkVerticals({ logMoneyness: k, totalVariance: w }: SmileProbe, add: Add): void {
  const n = k.length - 1;
  const size = new Float64Array(Math.max(n, 0));
  for (let i = 0; i < n; i++) {
    if (!(w[i] > 0 && w[i + 1] > 0) || (k[i] < 0 && k[i + 1] > 0)) continue;
    const { value, error, sign } = priceSlope(k[i], w[i], k[i + 1], w[i + 1]);
    size[i] = Math.max(-sign * value, sign * value - 1) - error;
  }
  for (const [first, last] of flaggedRuns(Uint8Array.from(size, (s) => Number(s > VERTICAL_TOLERANCE)))) {
    let worst = first;
    for (let i = first; i <= last; i++) if (size[i] > size[worst]) worst = i;
    add('vertical', k[first], k[last + 1], k[worst], size[worst]);
  }
}

function checkButterflies(probe: SmileProbe, tolerance: number, add: Add): void {
  const { logMoneyness: k, totalVariance: w } = probe;
  const n = k.length;
  const flags = new Uint8Array(n);
  const byPrices = new Float64Array(n).fill(Infinity);
  const byDerivatives = new Float64Array(n).fill(Infinity);
  const step = new Float64Array(n);
  for (let i = 1; i < n - 1; i++) {
    if (!(w[i - 1] > 0 && w[i] > 0 && w[i + 1] > 0)) continue;
    const prices = butterflyG(k[i - 1], w[i - 1], k[i], w[i], k[i + 1], w[i + 1]);
    step[i] = Math.min(k[i] - k[i - 1], k[i + 1] - k[i]) / 2;
    const derivatives = differencedG(probe, k[i], step[i]);
    byPrices[i] = prices.value;
    byDerivatives[i] = derivatives.value;
    flags[i] = (prices.value + prices.error < -tolerance ? PRICES : 0) | (derivatives.value + derivatives.error < -tolerance ? DERIVATIVES : 0);
  }
  const g = (x: number, h: number): number => differencedG(probe, x, h).value;
  for (const [first, last] of flaggedRuns(flags)) {
    let seen = 0;
    let worst = first;
    const depth = (i: number): number => Math.min((flags[i] & PRICES) !== 0 ? byPrices[i] : Infinity, (flags[i] & DERIVATIVES) !== 0 ? byDerivatives[i] : Infinity);
    for (let i = first; i <= last; i++) {
      seen |= flags[i];
      if (depth(i) < depth(worst)) worst = i;
    }
    const smooth = (flags[worst] & DERIVATIVES) !== 0;
    const at = smooth ? dipIn((x) => g(x, step[worst]), k[worst - 1], k[worst + 1]) : k[worst];
    const edge = (outside: number, inside: number): number => ((flags[inside] & DERIVATIVES) !== 0 && step[outside] > 0 ? signChange((x) => g(x, step[inside]), k[outside], k[inside]) : k[inside]);
    add('butterfly', edge(first - 1, first), edge(last + 1, last), at, -Math.min(depth(worst), smooth ? g(at, step[worst]) : Infinity), seen === 3 ? 'both' : seen === PRICES ? 'prices' : 'derivatives');
  }
  // Dips between nodes that no node saw.
  for (let i = 2; i < n - 2; i++) {
    if (flags[i - 1] !== 0 || flags[i] !== 0 || flags[i + 1] !== 0 || !(step[i] > 0)) continue;
    if (!mayDipBelow(k[i - 1], byDerivatives[i - 1], k[i], byDerivatives[i], k[i + 1], byDerivatives[i + 1])) continue;
    const at = dipIn((x) => g(x, step[i]), k[i - 1], k[i + 1]);
    const derivatives = bestDifferencedG(probe, at, step[i]);
    const h = step[i] / 4;
    const prices = butterflyG(at - h, probe.at(at - h), at, probe.at(at), at + h, probe.at(at + h));
    const seen = (prices.value + prices.error < -tolerance ? PRICES : 0) | (derivatives.value + derivatives.error < -tolerance ? DERIVATIVES : 0);
    if (seen === 0) continue;
    const size = -Math.min((seen & PRICES) !== 0 ? prices.value : Infinity, (seen & DERIVATIVES) !== 0 ? derivatives.value : Infinity);
    add('butterfly', signChange((x) => g(x, step[i]), k[i - 1], at), signChange((x) => g(x, step[i]), k[i + 1], at), at, size, seen === 3 ? 'both' : seen === PRICES ? 'prices' : 'derivatives');
  }
}

// The limit of w / |k|, from two places far beyond every strike; a smile without a value there is not judged.
function checkWing({ at }: SmileProbe, side: 1 | -1, add: Add): void {
  const slope = (at(2 * side * FAR) - at(side * FAR)) / FAR;
  if (slope >= 2 - WING_TOLERANCE) add('wing', side * Infinity, side * Infinity, side * Infinity, Math.max(slope - 2, 0));
}
