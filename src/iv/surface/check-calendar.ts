/** Calendar arbitrage between two smiles: total variance that falls with time at equal log-moneyness. */
import type { ArbitrageViolation } from './arbitrage-report.ts';
import { dipIn, mayDipBelow, runsUpTo, signChange, smallestIn } from './scan.ts';
import type { SmileProbe } from './smile-probe.ts';

/** A smile as the checker saw it. */
export interface ProbedExpiry {
  readonly expiryYears: number;
  readonly isInterpolated: boolean;
  readonly probe: SmileProbe;
}

/**
 * Adds every stretch on which the later smile has less total variance than the earlier to `found`, on the nodes of both and between them.
 *
 * @param tolerance - losses below this share of total variance are none
 */
export function checkCalendar(near: ProbedExpiry, far: ProbedExpiry, tolerance: number, found: ArbitrageViolation[]): void {
  const room = (nearVariance: number, farVariance: number): number => farVariance - nearVariance + tolerance * Math.max(Math.abs(nearVariance), Math.abs(farVariance));
  const roomAt = (k: number): number => room(near.probe.at(k), far.probe.at(k));
  const { k, gap } = compared(near.probe, far.probe, room);
  const n = k.length;
  const add = (from: number, to: number, at: number): void => {
    const size = near.probe.at(at) - far.probe.at(at);
    found.push({ kind: 'calendar', expiryYears: near.expiryYears, farExpiryYears: far.expiryYears, isInterpolated: near.isInterpolated || far.isInterpolated, fromLogMoneyness: from, toLogMoneyness: to, logMoneyness: at, size, witness: null });
  };
  for (const [first, last] of runsUpTo(gap, -Number.MIN_VALUE)) {
    const worst = smallestIn(gap, first, last);
    const bottom = worst > 0 && worst < n - 1 ? dipIn(roomAt, k[worst - 1], k[worst + 1]) : k[worst];
    const from = first > 0 ? signChange(roomAt, k[first - 1], k[first]) : k[first];
    add(from, last < n - 1 ? signChange(roomAt, k[last + 1], k[last]) : k[last], roomAt(bottom) < gap[worst] ? bottom : k[worst]);
  }
  for (let i = 1; i < n - 1; i++) {
    if (gap[i - 1] < 0 || gap[i] < 0 || gap[i + 1] < 0 || !mayDipBelow(k[i - 1], gap[i - 1], k[i], gap[i], k[i + 1], gap[i + 1])) continue;
    const at = dipIn(roomAt, k[i - 1], k[i + 1]);
    if (roomAt(at) < 0) add(signChange(roomAt, k[i - 1], at), signChange(roomAt, k[i + 1], at), at);
  }
}

// The nodes of both in order, and what the later total variance has over the earlier there.
function compared(near: SmileProbe, far: SmileProbe, room: (nearVariance: number, farVariance: number) => number): { readonly k: Float64Array; readonly gap: Float64Array } {
  const [nearNodes, farNodes] = [near.logMoneyness, far.logMoneyness];
  const k = new Float64Array(nearNodes.length + farNodes.length);
  const gap = new Float64Array(k.length);
  let n = 0;
  for (let i = 0, j = 0; i < nearNodes.length || j < farNodes.length; n++) {
    const isNear = j >= farNodes.length || (i < nearNodes.length && nearNodes[i] <= farNodes[j]);
    k[n] = isNear ? nearNodes[i] : farNodes[j];
    const isBoth = isNear && farNodes[j] === k[n];
    gap[n] = room(isNear ? near.totalVariance[i] : near.at(k[n]), isBoth || !isNear ? far.totalVariance[j] : far.at(k[n]));
    if (isNear) i++;
    if (isBoth || !isNear) j++;
  }
  return { k: k.subarray(0, n), gap: gap.subarray(0, n) };
}
