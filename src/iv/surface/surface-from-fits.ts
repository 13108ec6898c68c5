/** Slices fitted one by one, put together. */
import { show } from '../../core/assert.ts';
import { ShapeError } from '../../core/errors.ts';
import type { Smile } from '../smile.ts';
import { surfaceFor } from './iv-surface.ts';
import type { IvSurface, IvSurfaceOptions } from './iv-surface.ts';

/** What every fit of one expiry says: those of `fitSvi` and `fitSabr`, and the slices of `fitEssvi`, `fitSsvi` and `fitPriceSurface`. */
export interface FittedSlice {
  readonly status: string;
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  readonly smile: Smile | null;
}

/**
 * A surface of the fits that have a smile; null when none has.
 *
 * Fits that came to nothing, and those that had to break their bounds (`infeasible`), are left to interpolation. Slices fitted without regard to
 * each other may cross: see `checkArbitrage`.
 *
 * @param fits - in any order, at most one smile per expiry
 * @throws DomainError for a value out of range; QuantwrightError `ERR_DUPLICATE` for two smiles of one expiry
 * @example surfaceFromFits(smiles.map((quotes) => fitSvi(quotes)), { interpolation: 'price' })
 */
export function surfaceFromFits(fits: readonly FittedSlice[], options: IvSurfaceOptions = {}): IvSurface | null {
  if (!Array.isArray(fits)) throw new ShapeError(`surfaceFromFits: fits must be an array, got ${show(fits)}`);
  const slices = (fits as readonly FittedSlice[]).flatMap(({ status, expiryYears, forward, discount, smile }) => (smile === null || status === 'infeasible' ? [] : [{ expiryYears, forward, discount, smile }]));
  return slices.length === 0 ? null : surfaceFor('surfaceFromFits', slices, options);
}
