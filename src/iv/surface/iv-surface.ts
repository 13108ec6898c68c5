/** A volatility surface as immutable plain data: one smile per expiry and the rule between and beyond them. */
import { requireKnownKeys, requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { DomainError, QuantwrightError, ShapeError } from '../../core/errors.ts';
import { printable } from '../../core/inspect.ts';
import { formatTime, parseTime } from '../../core/time.ts';
import type { Smile } from '../smile.ts';
import { requireSmile } from './require-smile.ts';

/** The smile of one expiry. */
export interface SurfaceSlice {
  /** Time to expiry in years of 365 days, > 0. */
  readonly expiryYears: number;
  /** Forward price for this expiry, in the currency of the strikes. */
  readonly forward: number;
  /** Price today of 1 at expiry. */
  readonly discount: number;
  readonly smile: Smile;
}

/**
 * How total variance at equal log-moneyness runs between two expiries.
 *
 * `variance`: linear in time. No calendar arbitrage if the slices have none; butterfly arbitrage between expiries is not ruled out.
 * `price`: undiscounted prices over the forward mix, so that both kinds are ruled out if the slices have neither (Gatheral and Jacquier
 * 2014, Lemma 5.1); the mixture is set so that at-the-money total variance is linear in time. About ten times slower to query.
 */
export type SurfaceInterpolation = 'variance' | 'price';

/**
 * What holds before the first expiry and after the last: `standard` (constant volatility before; after, total variance goes on with the
 * slope in time of the last two expiries at each log-moneyness, never below zero; with a single expiry constant volatility), or `none`
 * (NaN and a status).
 */
export type SurfaceExtrapolation = 'standard' | 'none';

/** Plain frozen data; passes structured clone and the plain codec unchanged. Made by {@link ivSurface}. */
export interface IvSurface {
  readonly kind: 'iv-surface';
  /** Strictly ascending in `expiryYears`, at least one. */
  readonly slices: readonly SurfaceSlice[];
  readonly interpolation: SurfaceInterpolation;
  readonly extrapolation: SurfaceExtrapolation;
  /** Price of the underlying now; needed for spot deltas, and the start of the forward curve. Null when not known. */
  readonly spot: number | null;
  /** When the surface was seen, epoch milliseconds UTC. Null when not known. */
  readonly asOf: number | null;
}

export interface IvSurfaceOptions {
  /** @default 'variance' */
  readonly interpolation?: SurfaceInterpolation;
  /** @default 'standard' */
  readonly extrapolation?: SurfaceExtrapolation;
  readonly spot?: number | null;
  /** Epoch milliseconds, a Date, `YYYY-MM-DD`, or a date-time with Z or an offset. */
  readonly asOf?: number | string | Date | null;
}

export const SURFACE_OPTION_KEYS: readonly string[] = ['interpolation', 'extrapolation', 'spot', 'asOf'];

/**
 * A surface of slices.
 *
 * @param slices - in any order, at least one; expiries must differ (merge AM and PM settlement of one day, or give each its own time)
 * @throws ShapeError without a slice; DomainError for a value out of range; QuantwrightError `ERR_DUPLICATE` for two slices of one expiry
 * @example ivSurface([{ expiryYears: 0.25, forward: 100, discount: 0.99, smile }], { spot: 99.5 })
 */
export function ivSurface(slices: readonly SurfaceSlice[], options: IvSurfaceOptions = {}): IvSurface {
  return surfaceFor('ivSurface', slices, options);
}

/** {@link ivSurface} under another function's name in messages. */
export function surfaceFor(fn: string, slices: readonly SurfaceSlice[], options: IvSurfaceOptions): IvSurface {
  requireKnownKeys(fn, options, SURFACE_OPTION_KEYS);
  if (!Array.isArray(slices)) throw new ShapeError(`${fn}: slices must be an array, got ${show(slices)}`);
  if (slices.length === 0) throw new ShapeError(`${fn}: slices must hold at least one, got 0`);
  const checked = slices.map((slice: SurfaceSlice, i) => surfaceSlice(fn, `slices[${i}]`, slice)).sort((a, b) => a.expiryYears - b.expiryYears);
  for (let i = 1; i < checked.length; i++) {
    if (checked[i].expiryYears === checked[i - 1].expiryYears) {
      throw new QuantwrightError('ERR_DUPLICATE', `${fn}: slices must have different expiryYears, got ${checked[i].expiryYears} twice`, { details: { expiryYears: checked[i].expiryYears } });
    }
  }
  const { spot = null, asOf = null } = options;
  return seal({
    kind: 'iv-surface',
    slices: Object.freeze(checked),
    interpolation: requireOneOf(fn, 'interpolation', options.interpolation ?? 'variance', ['variance', 'price'] as const),
    extrapolation: requireOneOf(fn, 'extrapolation', options.extrapolation ?? 'standard', ['standard', 'none'] as const),
    spot: spot === null ? null : requireNumber(fn, 'spot', spot, { min: 0, open: true }),
    asOf: asOf === null ? null : parseTime(fn, 'asOf', asOf),
  });
}

function surfaceSlice(fn: string, name: string, slice: SurfaceSlice): SurfaceSlice {
  if (typeof slice !== 'object' || slice === null) throw new DomainError(`${fn}: ${name} must be { expiryYears, forward, discount, smile }, got ${show(slice)}`);
  const positive = { min: 0, open: true };
  const expiryYears = requireNumber(fn, `${name}.expiryYears`, slice.expiryYears, positive);
  const forward = requireNumber(fn, `${name}.forward`, slice.forward, positive);
  const discount = requireNumber(fn, `${name}.discount`, slice.discount, positive);
  const smile = requireSmile(fn, `${name}.smile`, slice.smile);
  // A SABR smile has its own time and forward in its formula; with others its total variance would be of another option.
  if (smile.kind === 'sabr' && !(smile.expiryYears === expiryYears && Math.abs(smile.forward / forward - 1) <= 1e-9)) {
    throw new DomainError(`${fn}: ${name}.smile must have the slice's expiryYears and forward, got ${smile.expiryYears} and ${smile.forward} for ${expiryYears} and ${forward}`);
  }
  return Object.freeze({ expiryYears, forward, discount, smile });
}

function seal(surface: IvSurface): IvSurface {
  return Object.freeze(printable(surface, printSurface));
}

function printSurface({ slices, interpolation, extrapolation, asOf }: IvSurface): string {
  const kinds = [...new Set(slices.map(({ smile }) => smile.kind))].join(', ');
  const years = slices.length === 1 ? `${slices[0].expiryYears.toPrecision(3)} years` : `${slices[0].expiryYears.toPrecision(3)} to ${slices[slices.length - 1].expiryYears.toPrecision(3)} years`;
  return `IvSurface of ${slices.length} ${slices.length === 1 ? 'expiry' : 'expiries'}, ${years} (${kinds}), ${interpolation} between, ${extrapolation === 'none' ? 'nothing' : 'extrapolated'} beyond${asOf === null ? '' : `, as of ${formatTime(asOf)}`}`;
}

/** The surface's options, to make another like it. */
export function surfaceOptions({ interpolation, extrapolation, spot, asOf }: IvSurface): IvSurfaceOptions {
  return { interpolation, extrapolation, spot, asOf };
}

/** A new surface with one slice more, or in the place of the slice of the same expiry. */
export function withSlice(surface: IvSurface, slice: SurfaceSlice): IvSurface {
  return surfaceFor('withSlice', [...surface.slices.filter(({ expiryYears }) => expiryYears !== slice.expiryYears), slice], surfaceOptions(surface));
}

/**
 * A new surface with the slices of both; at equal expiries those of `other`.
 *
 * The rules of interpolation stay those of `surface`; spot and time are those of `other` where it has them.
 */
export function withSurface(surface: IvSurface, other: IvSurface): IvSurface {
  const added = new Set(other.slices.map(({ expiryYears }) => expiryYears));
  const options = { ...surfaceOptions(surface), spot: other.spot ?? surface.spot, asOf: other.asOf ?? surface.asOf };
  return surfaceFor('withSurface', [...surface.slices.filter(({ expiryYears }) => !added.has(expiryYears)), ...other.slices], options);
}
