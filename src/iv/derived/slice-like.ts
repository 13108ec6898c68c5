/** What every quantity here is taken from: the slice of a surface, or the surface between its slices. */
import { requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import type { Smile } from '../smile.ts';
import type { InterpolatedSlice, SurfaceStatus } from '../surface/at-expiry.ts';
import type { SurfaceSlice } from '../surface/iv-surface.ts';

/** A slice of a surface, or what `surfaceSmile` has at any time, without a smile where the surface has none. */
export type SliceLike = SurfaceSlice | InterpolatedSlice;

/** A slice that has a smile. */
export interface KnownSlice {
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  readonly smile: Smile;
}

const KINDS: readonly Smile['kind'][] = ['svi', 'sabr', 'price-spline', 'points', 'blend'];

/**
 * The status a result starts from: `ok` for a slice of a surface, that of the surface for a slice between or beyond them.
 *
 * @throws DomainError for what is no slice
 */
export function sliceStatus(fn: string, slice: SliceLike): SurfaceStatus {
  if (typeof slice !== 'object' || slice === null) throw new DomainError(`${fn}: slice must be { expiryYears, forward, discount, smile }, got ${show(slice)}`);
  const { smile, status = 'ok' } = slice as Partial<InterpolatedSlice>;
  if (smile === null) return status === 'ok' ? 'invalid' : status;
  requireOneOf(fn, 'slice.smile.kind', smile?.kind, KINDS);
  requireNumber(fn, 'slice.expiryYears', slice.expiryYears, { min: 0, open: true });
  requireNumber(fn, 'slice.forward', slice.forward, { min: 0, open: true });
  requireNumber(fn, 'slice.discount', slice.discount, { min: 0, open: true });
  return status;
}

/** Whether a slice has a smile, once {@link sliceStatus} has looked at it. */
export function hasSmile(slice: SliceLike): slice is SliceLike & KnownSlice {
  return slice.smile !== null;
}

/** Status of a number taken where the smile has no value (NaN) or a variance below zero. */
export function varianceStatus(totalVariance: number, otherwise: SurfaceStatus): SurfaceStatus {
  return totalVariance >= 0 ? otherwise : totalVariance < 0 ? 'negative-variance' : 'outside-strikes';
}
