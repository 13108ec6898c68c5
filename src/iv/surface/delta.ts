/** Delta of a smile's options and the strike that has a given delta. */
import { requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { normalCdf, normalQuantile } from '../../core/special-functions.ts';
import type { OptionType } from '../option.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';

/**
 * What "delta" means. `forward`: Phi(d1) of a call, -Phi(-d1) of a put. `spot`: that times discount forward / spot. The premium-adjusted
 * ones take the premium, paid in the underlying, off: (K / F) Phi(d2) of a call, -(K / F) Phi(-d2) of a put, and the same factor for spot.
 */
export type DeltaConvention = 'forward' | 'spot' | 'forward-premium-adjusted' | 'spot-premium-adjusted';

export const DELTA_CONVENTIONS: readonly DeltaConvention[] = Object.freeze(['forward', 'spot', 'forward-premium-adjusted', 'spot-premium-adjusted'] as const);

export interface DeltaQuery {
  /** Its size; the sign is that of the type, so 0.25 and -0.25 are the same put. */
  readonly delta: number;
  readonly type: OptionType;
  /** @default 'forward' */
  readonly convention?: DeltaConvention;
  /** discount forward / spot; for the spot conventions only. @default 1 */
  readonly spotFactor?: number;
}

/** Where a delta is met, or that it is nowhere. */
export interface DeltaSolution {
  readonly status: 'ok' | 'no-solution';
  /** NaN without a solution. */
  readonly logMoneyness: number;
}

const NO_SOLUTION: DeltaSolution = Object.freeze({ status: 'no-solution', logMoneyness: NaN });

/**
 * The log-moneyness at which an option on the smile has a given delta.
 *
 * A premium-adjusted call delta rises with the strike before it falls; the strike meant is the one on the falling side. Any other delta is
 * monotone on a smile without butterfly arbitrage (Fukasawa 2012), and where arbitrage makes it meet the value more than once, one of the strikes is found.
 * No solution: a premium-adjusted call delta above its maximum, a spot delta above its factor, a smile that ends before.
 *
 * @throws DomainError for a delta that is 0 or not finite, an unknown type or convention
 * @see Reiswich and Wystup (2010), "A guide to FX options quoting conventions", sections 2 and 3
 * @example deltaLogMoneyness(smile, { delta: 0.25, type: 'put' })
 */
export function deltaLogMoneyness(smile: Smile, query: DeltaQuery): DeltaSolution {
  const fn = 'deltaLogMoneyness';
  requireKnownKeys(fn, query, ['delta', 'type', 'convention', 'spotFactor']);
  const size = Math.abs(requireNumber(fn, 'delta', query.delta));
  if (size === 0) throw new DomainError(`${fn}: delta must not be 0, got 0`);
  const sign = requireOneOf(fn, 'type', query.type, ['call', 'put'] as const) === 'call' ? 1 : -1;
  const convention = requireOneOf(fn, 'convention', query.convention ?? 'forward', DELTA_CONVENTIONS);
  const factor = convention.startsWith('spot') ? requireNumber(fn, 'spotFactor', query.spotFactor ?? 1, { min: 0, open: true }) : 1;
  return solveDelta(smile, size / factor, sign, convention.endsWith('adjusted'));
}

// Along y = sign k an option goes out of the money, so its delta ends by falling to 0. The excess has the sign of delta - target and is
// nearly linear in y: a difference of normal quantiles, or of logarithms.
function solveDelta(smile: Smile, target: number, sign: number, adjusted: boolean): DeltaSolution {
  if (!adjusted && target >= 1) return NO_SOLUTION;
  const out = new Float64Array(3);
  const goal = adjusted ? Math.log(target) : normalQuantile(target);
  const excess = (y: number): number => {
    evaluateSmile(smile, sign * y, out);
    const totalVol = Math.sqrt(out[0]);
    const d1 = (-sign * y) / totalVol + totalVol / 2;
    return (adjusted ? sign * y + Math.log(normalCdf(sign * (d1 - totalVol))) : sign * d1) - goal;
  };
  evaluateSmile(smile, 0, out);
  const width = Math.sqrt(out[0]);
  if (!(width > 0)) return NO_SOLUTION;
  const start = adjusted && sign > 0 ? summit(excess, width) : 0;
  const atStart = excess(start);
  if (adjusted && sign > 0 && atStart < 0) return NO_SOLUTION;
  const bracket = walk(excess, start, atStart, width);
  return bracket === null ? NO_SOLUTION : Object.freeze({ status: 'ok', logMoneyness: sign * root(excess, bracket[0], bracket[1]) });
}

type Excess = (y: number) => number;

// From the start outwards, or inwards when the delta is too small there, in growing steps until the sign changes; [inner, outer] or null.
function walk(excess: Excess, start: number, atStart: number, width: number): readonly [number, number] | null {
  const direction = atStart >= 0 ? 1 : -1;
  let at = start;
  let step = width / 2;
  let growth = 1.5;
  for (let i = 0; i < 200; i++) {
    const next = at + direction * step;
    const e = excess(next);
    if (e !== e) {
      // The smile has no value there: up to its end in ever smaller steps.
      step /= 2;
      growth = 1;
      if (step < 1e-9 * width) return null;
    } else if (direction > 0 ? e < 0 : e >= 0) {
      return direction > 0 ? [at, next] : [next, at];
    } else {
      at = next;
      step *= growth;
    }
  }
  return null;
}

// The top of a premium-adjusted call delta: a coarse scan, then golden section around its best point.
function summit(excess: Excess, width: number): number {
  const spacing = width / 4;
  let best = -Infinity;
  let middle = 0;
  for (let i = -60; i <= 60; i++) {
    const e = excess(i * spacing);
    if (e > best) {
      best = e;
      middle = i * spacing;
    }
  }
  let low = middle - spacing;
  let high = middle + spacing;
  for (let i = 0; i < 50; i++) {
    const left = high - GOLDEN * (high - low);
    const right = low + GOLDEN * (high - low);
    if (excess(left) < excess(right)) low = left;
    else high = right;
  }
  return best > excess((low + high) / 2) ? middle : (low + high) / 2;
}

const GOLDEN = 0.6180339887498949;

// False position, with a bisection after any step that did not halve the bracket.
function root(excess: Excess, inner: number, outer: number): number {
  let low = inner;
  let high = outer;
  let atLow = excess(low);
  let atHigh = excess(high);
  let bisect = false;
  for (let i = 0; i < 200; i++) {
    const width = high - low;
    const secant = low + (width * atLow) / (atLow - atHigh);
    const at = bisect || !(secant > low && secant < high) ? low + width / 2 : secant;
    if (at <= low || at >= high) break;
    const e = excess(at);
    if (e === 0) return at;
    if (e > 0) [low, atLow] = [at, e];
    else [high, atHigh] = [at, e];
    bisect = high - low > width / 2;
  }
  return Math.abs(atLow) <= Math.abs(atHigh) ? low : high;
}
