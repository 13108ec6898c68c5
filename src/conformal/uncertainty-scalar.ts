/** One number per row that says how much wider than usual its interval is. */
import { show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';

/**
 * Share of a full position that an interval of this width deserves: 1 up to the reference width, reference / width beyond it.
 *
 * A row's scalar depends on its own width and on the calibration alone, never on the other rows of a batch, and a model whose intervals are
 * as wide as on calibration rows keeps its full size.
 *
 * @param width - upper - lower, in units of the outcome; a negative width (an empty interval) counts as 0
 * @param referenceWidth - usual width on calibration rows (their median, say), same units, >= 0
 * @returns in (0, 1]; 0 only for an infinite width or a wider one than a reference of 0; NaN for a width of NaN
 * @throws DomainError for a reference that is negative or NaN
 * @example uncertaintyScalar(0.08, 0.04) // 0.5
 */
export function uncertaintyScalar(width: number, referenceWidth: number): number {
  if (!(referenceWidth >= 0)) throw new DomainError(`uncertaintyScalar: referenceWidth must be a number >= 0, got ${show(referenceWidth)}`);
  if (width === Infinity) return 0;
  return width <= referenceWidth ? 1 : referenceWidth / width;
}
