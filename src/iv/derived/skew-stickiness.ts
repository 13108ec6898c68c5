/** How at-the-money volatility moves with the spot, in units of the skew. */
import { requireKnownKeys, requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { surfaceSmile } from '../surface/at-expiry.ts';
import type { IvSurface } from '../surface/iv-surface.ts';
import type { IvSurfaceSeries } from '../surface/surface-series.ts';
import { atmShape } from './atm-shape.ts';

export interface SkewStickinessOptions {
  /** Constant time to expiry in years of 365 days. */
  readonly expiryYears: number;
  /** Take it beyond the surfaces' expiries as they extrapolate. @default false: such surfaces are left out */
  readonly extrapolate?: boolean;
}

export interface SkewStickiness {
  /** `too-few-surfaces`: fewer than three changes; `no-variation`: no spot moves, or no skew. */
  readonly status: 'ok' | 'too-few-surfaces' | 'no-variation';
  /** 0 when the smile moves with the spot (sticky delta), 1 when volatility stays at each strike, about 1.5 for short index options, 2 in the limit of many models. */
  readonly ratio: number;
  /** Standard error of the ratio. */
  readonly error: number;
  /** Changes used. */
  readonly count: number;
  /** Surfaces without volatility, skew or spot at this time. */
  readonly missing: number;
}

/**
 * Skew-stickiness ratio: the regression, through the origin, of changes of at-the-money-forward volatility at a constant time to expiry on
 * the log return of the spot times the skew before.
 *
 * The spot is that of the surfaces, or where one has none the forward at this time.
 *
 * @throws DomainError for an expiry that is not positive
 * @see Bergomi (2009), "Smile dynamics IV", eq. (2)
 */
export function skewStickiness(series: IvSurfaceSeries, options: SkewStickinessOptions): SkewStickiness {
  const fn = 'skewStickiness';
  requireKnownKeys(fn, options, ['expiryYears', 'extrapolate']);
  requireOneOf(fn, 'series.kind', series?.kind, ['iv-surface-series'] as const);
  const expiryYears = requireNumber(fn, 'expiryYears', options.expiryYears, { min: 0, open: true });
  const { extrapolate = false } = options;
  if (typeof extrapolate !== 'boolean') throw new DomainError(`${fn}: extrapolate must be true or false, got ${show(extrapolate)}`);
  const hasSpots = series.surfaces.every(({ spot }) => spot !== null);
  const states = series.surfaces.map((surface) => stateOf(surface, expiryYears, extrapolate, hasSpots)).filter((state) => state !== null);
  const missing = series.surfaces.length - states.length;
  const count = Math.max(states.length - 1, 0);
  if (count < 3) return Object.freeze({ status: 'too-few-surfaces', ratio: NaN, error: NaN, count, missing });
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 1; i < states.length; i++) {
    const x = Math.log(states[i].price / states[i - 1].price) * states[i - 1].skew;
    const y = states[i].vol - states[i - 1].vol;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  if (!(xx > 1e-24)) return Object.freeze({ status: 'no-variation', ratio: NaN, error: NaN, count, missing });
  const ratio = xy / xx;
  return Object.freeze({ status: 'ok', ratio, error: Math.sqrt(Math.max(yy - ratio * xy, 0) / ((count - 1) * xx)), count, missing });
}

function stateOf(surface: IvSurface, expiryYears: number, extrapolate: boolean, hasSpots: boolean): { readonly price: number; readonly vol: number; readonly skew: number } | null {
  const slice = surfaceSmile(surface, expiryYears);
  if (slice.smile === null || (slice.status !== 'ok' && !extrapolate)) return null;
  const { annualizedVol: vol, skew } = atmShape(slice);
  if (vol !== vol || skew !== skew) return null;
  return { price: hasSpots ? (surface.spot as number) : slice.forward, vol, skew };
}
