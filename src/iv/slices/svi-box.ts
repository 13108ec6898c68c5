/** Where SVI slices are looked for. */
import type { SviData } from './svi-system.ts';
import type { SviSmile } from './svi.ts';

/** Bounds of (smallest total variance, roots of the left and right slope, m, sigma). */
export interface SviBox {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Of the smallest total variance quoted, which the smallest total variance of a fit keeps. */
export const LEAST_VARIANCE_SHARE = 1e-4;
const SLOPE_ROUNDING = 1e-15; // what b (1 - rho) loses where rho is next to 1: a few units in the last place of b, which is at most 2

/** The box in which a slice of these quotes is looked for; with bounding slices their wings bound the wings. */
export function sviBox({ logMoneyness, vol, expiryYears }: SviData, isFree: boolean, above: SviSmile | null, below: SviSmile | null): SviBox {
  let lowest = Infinity;
  let highest = -Infinity;
  let calmest = Infinity;
  for (let i = 0; i < vol.length; i++) {
    lowest = Math.min(lowest, logMoneyness[i]);
    highest = Math.max(highest, logMoneyness[i]);
    calmest = Math.min(calmest, vol[i] * vol[i] * expiryYears);
  }
  const span = highest - lowest;
  const deviation = Math.sqrt(calmest);
  // A slope at Lee's bound leaves g no room in its wing.
  const steepest = Math.sqrt(isFree ? 1.999 : 2);
  // A wing that is steeper than its bound crosses it far out.
  const [leftFloor, rightFloor] = above === null ? [0, 0] : [above.b * (1 - above.rho), above.b * (1 + above.rho)].map((slope) => slope * (1 + 1e-9) + SLOPE_ROUNDING);
  const [leftCeiling, rightCeiling] = below === null ? [2, 2] : [below.b * (1 - below.rho), below.b * (1 + below.rho)].map((slope) => slope * (1 - 1e-9) - SLOPE_ROUNDING);
  const left = Math.sqrt(leftFloor);
  const right = Math.sqrt(rightFloor);
  const leftMost = Math.min(Math.sqrt(Math.max(leftCeiling, 0)), steepest);
  const rightMost = Math.min(Math.sqrt(Math.max(rightCeiling, 0)), steepest);
  return {
    lower: Float64Array.of(LEAST_VARIANCE_SHARE * calmest, left, right, lowest - 2 * span, 1e-4 * Math.min(span, deviation)),
    upper: Float64Array.of(Infinity, Math.max(leftMost, left), Math.max(rightMost, right), highest + 2 * span, 50 * Math.max(span, deviation)),
  };
}
