/** The worst loss from a high. */
import { requireKnownKeys, requireOneOf, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';

export interface MaximumDrawdownOptions {
  /** What the series holds: simple returns, log returns, or the value of the account. @default 'simple' */
  readonly kind?: 'simple' | 'log' | 'equity';
}

export interface MaximumDrawdown {
  /** Share of the high that was lost, in [0, 1]; 0 without a loss, NaN exactly when `reason` says why. */
  readonly depth: number;
  /** Position of the last high before it, -1 for the start before the first return; null without a loss. */
  readonly peak: number | null;
  /** Position of the low, the first of equal ones; null without a loss. */
  readonly trough: number | null;
  /** First position at which that high is reached again; null without a loss and when it is not. */
  readonly recovery: number | null;
  /** Periods from peak to recovery, or to the end of the series; 0 without a loss. */
  readonly duration: number;
  /** Most periods in a row from a high until it is reached again, or to the end: of any drawdown, not only the deepest. */
  readonly longestUnderwater: number;
  /** Values that are not NaN. */
  readonly n: number;
  readonly missing: number;
  readonly reason: 'no-values' | null;
}

// A high counts as reached again up to the rounding of a long product.
const REACHED = 1 - 1e-12;

/**
 * Maximum drawdown, with its dates.
 *
 * @param series - returns per period or equity, in time order, shape (n); NaN is missing: a return of 0, an equity not known
 * @throws DomainError for a simple return below -1, equity below 0 or starting at 0, and for infinite values
 * @see Magdon-Ismail and Atiya (2004), "Maximum drawdown"
 * @example maximumDrawdown([0.1, -0.5, 1, 0.2]) // depth 0.5, peak 0, trough 1, recovery 2
 */
export function maximumDrawdown(series: ArrayLike<number>, options: MaximumDrawdownOptions = {}): MaximumDrawdown {
  const fn = 'maximumDrawdown';
  requireKnownKeys(fn, options, ['kind']);
  const kind = requireOneOf(fn, 'kind', options.kind ?? 'simple', ['simple', 'log', 'equity']);
  const size = series.length;
  let n = 0;
  let wealth = kind === 'equity' ? NaN : 1;
  let high = { wealth, at: -1 };
  let worst = { depth: 0, peak: -1, trough: -1, target: NaN };
  let recovery: number | null = null;
  let underwater = false;
  let longest = 0;
  let last = -1;
  for (let t = 0; t < size; t++) {
    const value = series[t];
    if (value !== value) continue;
    wealth = nextWealth(fn, kind, wealth, value, t);
    if (n++ === 0 && kind === 'equity') high = { wealth, at: t };
    last = t;
    if (recovery === null && wealth >= worst.target) recovery = t;
    const below = wealth < high.wealth * REACHED;
    if (below || underwater) longest = Math.max(longest, t - high.at);
    underwater = below;
    if (!below) high = { wealth: Math.max(wealth, high.wealth), at: t };
    else if (1 - wealth / high.wealth > worst.depth) {
      worst = { depth: 1 - wealth / high.wealth, peak: high.at, trough: t, target: high.wealth * REACHED };
      recovery = null;
    }
  }
  const shared = { longestUnderwater: longest, n, missing: size - n };
  if (worst.trough === -1) return Object.freeze({ depth: n === 0 ? NaN : 0, peak: null, trough: null, recovery: null, duration: 0, ...shared, reason: n === 0 ? 'no-values' : null });
  const { depth, peak, trough } = worst;
  return Object.freeze({ depth, peak, trough, recovery, duration: (recovery ?? last) - peak, ...shared, reason: null });
}

function nextWealth(fn: string, kind: 'simple' | 'log' | 'equity', wealth: number, value: number, t: number): number {
  const fail = (rule: string): never => {
    throw new DomainError(`${fn}: series must ${rule}, got ${show(value)} at position ${t}`);
  };
  if (Math.abs(value) === Infinity) fail('be finite or NaN');
  if (kind === 'log') return wealth * Math.exp(value);
  if (kind === 'simple') return value < -1 ? fail('hold returns of at least -1') : wealth * (1 + value);
  return value < 0 || (value === 0 && wealth !== wealth) ? fail('hold equity that starts above 0 and stays at least 0') : value;
}
