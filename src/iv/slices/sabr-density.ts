/** Where a SABR formula implies a negative density. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { durrlemanG } from './durrleman.ts';
import { requireSabr, uncheckedSabrSmile, type SabrSmile } from './sabr.ts';

export interface SabrDensity {
  /** Whether g was negative at none of the places looked at. */
  readonly isButterflyFree: boolean;
  /** The log-moneyness nearest to the money on the left below which g is negative, to 1e-10; null where it is not. */
  readonly negativeBelow: number | null;
  /** The same on the right. */
  readonly negativeAbove: number | null;
  readonly minimumG: number;
  readonly minimumGAt: number;
}

export interface SabrDensityOptions {
  /** @default minus ten at-the-money standard deviations */
  readonly from?: number;
  /** @default ten at-the-money standard deviations */
  readonly to?: number;
  /** Places looked at. @default 2001 */
  readonly count?: number;
}

/**
 * Looks for negative values of Durrleman's g on a grid of log-moneyness and refines the edge of the good region.
 *
 * The formulas are expansions and fail first at low strikes, where the true process may be absorbed at 0. Not a proof: a dip between two places is missed.
 *
 * @throws DomainError for parameters or options out of range
 * @see Hagan, Kumar, Lesniewski and Woodward (2014), "Arbitrage-free SABR"
 */
export function sabrDensity(smile: SabrSmile, options: SabrDensityOptions = {}): SabrDensity {
  requireSabr('sabrDensity', smile);
  requireKnownKeys('sabrDensity', options, ['from', 'to', 'count']);
  uncheckedSabrSmile(smile, 0, scratch);
  const deviation = Math.sqrt(scratch[0]);
  const { from = -10 * deviation, to = 10 * deviation, count = 2001 } = options;
  requireNumber('sabrDensity', 'from', from);
  requireNumber('sabrDensity', 'to', to);
  if (!(from < to)) throw new DomainError(`sabrDensity: from must be below to, got ${from} and ${to}`);
  requireInteger('sabrDensity', 'count', count, { min: 2 });
  const at = (i: number): number => from + ((to - from) * i) / (count - 1);
  let minimumG = Infinity;
  let minimumGAt = from;
  let below = -1;
  let above = count;
  for (let i = 0; i < count; i++) {
    const k = at(i);
    const g = gAt(smile, k);
    if (g < minimumG) [minimumG, minimumGAt] = [g, k];
    if (g < 0 && k <= 0) below = i;
    if (g < 0 && k > 0 && above === count) above = i;
  }
  const negativeBelow = below < 0 ? null : below === count - 1 ? at(below) : edge(smile, at(below), at(below + 1));
  const negativeAbove = above === count ? null : above === 0 ? at(0) : edge(smile, at(above), at(above - 1));
  return Object.freeze({ isButterflyFree: minimumG >= 0, negativeBelow, negativeAbove, minimumG, minimumGAt });
}

const scratch = new Float64Array(3);

function gAt(smile: SabrSmile, k: number): number {
  uncheckedSabrSmile(smile, k, scratch);
  return durrlemanG(k, scratch);
}

function edge(smile: SabrSmile, negative: number, positive: number): number {
  let bad = negative;
  let good = positive;
  while (Math.abs(good - bad) > 1e-10) {
    const middle = (good + bad) / 2;
    if (gAt(smile, middle) < 0) bad = middle;
    else good = middle;
  }
  return bad;
}
