/** Surfaces over time, asked for as they were known at a time. */
import { requireOneOf, show } from '../../core/assert.ts';
import { DomainError, QuantwrightError, ShapeError } from '../../core/errors.ts';
import { printable } from '../../core/inspect.ts';
import { formatTime, parseTime } from '../../core/time.ts';
import type { IvSurface } from './iv-surface.ts';

/** Plain frozen data. Made by {@link ivSurfaceSeries}. */
export interface IvSurfaceSeries {
  readonly kind: 'iv-surface-series';
  /** Strictly ascending in `asOf`, which none lacks; may be empty. */
  readonly surfaces: readonly IvSurface[];
}

/**
 * A history of surfaces.
 *
 * @param surfaces - each with `asOf`, in any order, no two of one time. @default none
 * @throws DomainError for a surface without `asOf`, QuantwrightError `ERR_DUPLICATE` for two of one time
 * @example surfaceAsOf(ivSurfaceSeries([monday, tuesday]), '2026-01-27T15:00:00Z')
 */
export function ivSurfaceSeries(surfaces: readonly IvSurface[] = []): IvSurfaceSeries {
  return seriesFor('ivSurfaceSeries', surfaces);
}

/** {@link ivSurfaceSeries} under another function's name in messages. */
export function seriesFor(fn: string, surfaces: readonly IvSurface[]): IvSurfaceSeries {
  if (!Array.isArray(surfaces)) throw new ShapeError(`${fn}: surfaces must be an array, got ${show(surfaces)}`);
  surfaces.forEach((surface: IvSurface, i) => requireTime(fn, `surfaces[${i}]`, surface));
  const sorted = [...surfaces].sort((a, b) => a.asOf! - b.asOf!);
  for (let i = 1; i < sorted.length; i++) if (sorted[i].asOf === sorted[i - 1].asOf) throw duplicate(fn, sorted[i].asOf!);
  return seal(sorted);
}

/**
 * A new history with one surface more; earlier ones may come late.
 *
 * @throws DomainError for a surface without `asOf`, QuantwrightError `ERR_DUPLICATE` when there is one of that time
 */
export function withSurfaceAsOf(series: IvSurfaceSeries, surface: IvSurface): IvSurfaceSeries {
  const time = requireTime('withSurfaceAsOf', 'surface', surface);
  const at = countUntil(series.surfaces, time);
  if (at > 0 && series.surfaces[at - 1].asOf === time) throw duplicate('withSurfaceAsOf', time);
  return seal([...series.surfaces.slice(0, at), surface, ...series.surfaces.slice(at)]);
}

/**
 * The surface that was known at a time: the last one seen at or before it, never a later one.
 *
 * @param time - epoch milliseconds, a Date, or text with a date
 * @returns null before the first
 */
export function surfaceAsOf(series: IvSurfaceSeries, time: number | string | Date): IvSurface | null {
  const count = countUntil(series.surfaces, parseTime('surfaceAsOf', 'time', time));
  return count === 0 ? null : series.surfaces[count - 1];
}

function countUntil(surfaces: readonly IvSurface[], time: number): number {
  let low = 0;
  let high = surfaces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (surfaces[middle].asOf! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function requireTime(fn: string, name: string, surface: IvSurface): number {
  requireOneOf(fn, `${name}.kind`, surface?.kind, ['iv-surface'] as const);
  if (typeof surface.asOf !== 'number') throw new DomainError(`${fn}: ${name} must have asOf, the time it was seen, got ${show(surface.asOf)}`);
  return surface.asOf;
}

function duplicate(fn: string, time: number): QuantwrightError {
  return new QuantwrightError('ERR_DUPLICATE', `${fn}: surfaces must have different asOf, got ${formatTime(time)} twice`, { details: { asOf: time } });
}

function seal(surfaces: readonly IvSurface[]): IvSurfaceSeries {
  const series: IvSurfaceSeries = { kind: 'iv-surface-series', surfaces: Object.freeze(surfaces) };
  return Object.freeze(printable(series, () => `IvSurfaceSeries of ${surfaces.length}${surfaces.length === 0 ? '' : `, ${formatTime(surfaces[0].asOf!)} to ${formatTime(surfaces[surfaces.length - 1].asOf!)}`}`));
}
