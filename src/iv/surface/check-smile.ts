/** Static arbitrage within one smile: butterflies by two witnesses, verticals, wings, negative variance. */
import type { Smile } from '../smile.ts';
import type { ArbitrageKind, ArbitrageViolation } from './arbitrage-report.ts';
import { dipIn, mayDipBelow, runsUpTo, signChange, smallestIn } from './scan.ts';
import { bestDifferencedG, butterflyG, differencedG, digitalPrice, pricesAt, probeSmile } from './smile-probe.ts';
import type { Estimate, ProbePrices, SmileProbe } from './smile-probe.ts';

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
const WITNESS = [null, 'prices', 'derivatives', 'both'] as const; // by the sum of the two

/** Adds what is wrong with a smile on [low, high], and in its wings, to `found`; returns the grid it was seen on. */
export function checkSmile(smile: Smile, low: number, high: number, tolerance: number, site: SmileSite, found: ArbitrageViolation[]): SmileProbe {
  const probe = probeSmile(smile, low, high);
  const add = (kind: ArbitrageKind, from: number, to: number, at: number, size: number, witness: ArbitrageViolation['witness'] = null): void => {
    found.push({ kind, expiryYears: site.expiryYears, farExpiryYears: null, isInterpolated: site.isInterpolated, fromLogMoneyness: from, toLogMoneyness: to, logMoneyness: at, size, witness });
  };
  checkVariance(probe, add);
  const prices = pricesAt(probe.logMoneyness, probe.totalVariance);
  checkVerticals(probe, prices, add);
  checkButterflies(probe, prices, tolerance, add);
  checkWing(probe, -1, add);
  checkWing(probe, 1, add);
  return probe;
}

type Add = (kind: ArbitrageKind, from: number, to: number, at: number, size: number, witness?: ArbitrageViolation['witness']) => void;

function checkVariance({ at, logMoneyness: k, totalVariance: w }: SmileProbe, add: Add): void {
  for (const [first, last] of runsUpTo(w, 0)) {
    const worst = smallestIn(w, first, last);
    add('negative-variance', first > 0 ? signChange(at, k[first - 1], k[first]) : k[first], last < k.length - 1 ? signChange(at, k[last + 1], k[last]) : k[last], k[worst], -w[worst]);
  }
}

function checkVerticals({ logMoneyness: k, totalVariance: w }: SmileProbe, prices: ProbePrices, add: Add): void {
  const n = k.length - 1;
  const room = new Float64Array(Math.max(n, 0)).fill(1);
  for (let i = 0; i < n; i++) {
    if (!(w[i] > 0 && w[i + 1] > 0) || (k[i] < 0 && k[i + 1] > 0)) continue;
    const { value, error } = digitalPrice(k, prices, i);
    room[i] = Math.min(value, 1 - value) + error;
  }
  for (const [first, last] of runsUpTo(room, -VERTICAL_TOLERANCE)) {
    const worst = smallestIn(room, first, last);
    add('vertical', k[first], k[last + 1], k[worst], -room[worst]);
  }
}

function checkButterflies(probe: SmileProbe, prices: ProbePrices, tolerance: number, add: Add): void {
  const { logMoneyness: k, totalVariance: w } = probe;
  const n = k.length;
  const seen = new Uint8Array(n); // sum of the witnesses
  const depth = new Float64Array(n); // the smallest g that a witness saw below zero
  const byDerivatives = new Float64Array(n).fill(Infinity);
  const step = new Float64Array(n);
  for (let i = 1; i < n - 1; i++) {
    if (!(w[i - 1] > 0 && w[i] > 0 && w[i + 1] > 0)) continue;
    const convexity = butterflyG(k, w, prices, i);
    step[i] = Math.min(k[i] - k[i - 1], k[i + 1] - k[i]) / 2;
    const derivatives = differencedG(probe, k[i], step[i]);
    byDerivatives[i] = derivatives.value;
    seen[i] = witnesses(convexity, derivatives, tolerance);
    if (seen[i] !== 0) depth[i] = Math.min((seen[i] & PRICES) !== 0 ? convexity.value : 0, (seen[i] & DERIVATIVES) !== 0 ? derivatives.value : 0);
  }
  const g = (x: number, h: number): number => differencedG(probe, x, h).value;
  for (const [first, last] of runsUpTo(depth, -Number.MIN_VALUE)) {
    const worst = smallestIn(depth, first, last);
    let by = 0;
    for (let i = first; i <= last; i++) by |= seen[i];
    const isSmooth = (seen[worst] & DERIVATIVES) !== 0;
    const at = isSmooth ? dipIn((x) => g(x, step[worst]), k[worst - 1], k[worst + 1]) : k[worst];
    // Where g changes its sign at an end of the run; a run that prices alone saw ends at a node.
    const edge = (end: number, inward: 1 | -1): number => {
      let i = end;
      while (i >= first && i <= last && (seen[i] & DERIVATIVES) === 0) i += inward;
      return i < first || i > last || !(step[i - inward] > 0) ? k[end] : signChange((x) => g(x, step[i]), k[i - inward], k[i]);
    };
    add('butterfly', edge(first, 1), edge(last, -1), at, -Math.min(depth[worst], isSmooth ? g(at, step[worst]) : 0), WITNESS[by]);
  }
  // Dips between nodes that no node saw.
  for (let i = 2; i < n - 2; i++) {
    if (seen[i - 1] + seen[i] + seen[i + 1] > 0 || !(step[i] > 0)) continue;
    if (!mayDipBelow(k[i - 1], byDerivatives[i - 1], k[i], byDerivatives[i], k[i + 1], byDerivatives[i + 1])) continue;
    const at = dipIn((x) => g(x, step[i]), k[i - 1], k[i + 1]);
    const derivatives = bestDifferencedG(probe, at, step[i]);
    const triple = [at - step[i] / 4, at, at + step[i] / 4];
    const variances = triple.map(probe.at);
    const convexity = butterflyG(triple, variances, pricesAt(triple, variances), 1);
    const by = witnesses(convexity, derivatives, tolerance);
    if (by === 0) continue;
    const size = -Math.min((by & PRICES) !== 0 ? convexity.value : 0, (by & DERIVATIVES) !== 0 ? derivatives.value : 0);
    add('butterfly', signChange((x) => g(x, step[i]), k[i - 1], at), signChange((x) => g(x, step[i]), k[i + 1], at), at, size, WITNESS[by]);
  }
}

function witnesses(convexity: Estimate, derivatives: Estimate, tolerance: number): number {
  return (convexity.value + convexity.error < -tolerance ? PRICES : 0) + (derivatives.value + derivatives.error < -tolerance ? DERIVATIVES : 0);
}

// The limit of w / |k|, from two places far beyond every strike; a smile without a value there is not judged.
function checkWing({ at }: SmileProbe, side: 1 | -1, add: Add): void {
  const slope = (at(2 * side * FAR) - at(side * FAR)) / FAR;
  if (slope >= 2 - WING_TOLERANCE && slope < Infinity) add('wing', side * Infinity, side * Infinity, side * Infinity, Math.max(slope - 2, 0));
}
