/** Surfaces from data that may come from anyone's file. */
import { SchemaError } from '../../core/errors.ts';
import { anything, list, nullable, object, oneOf, real } from '../../core/shape.ts';
import { surfaceFor } from './iv-surface.ts';
import type { IvSurface } from './iv-surface.ts';
import { asSchemaError } from './require-smile.ts';
import { seriesFor } from './surface-series.ts';
import type { IvSurfaceSeries } from './surface-series.ts';

const MAX_SLICES = 10_000;
const MAX_SURFACES = 10_000_000;

/**
 * The surface behind data that came through `fromPlain`: answers the same bits, and nothing about it was taken on trust.
 *
 * @throws SchemaError unless every part is there, of its type and range
 * @example restoreIvSurface(fromPlain(JSON.parse(text)))
 */
export function restoreIvSurface(plain: unknown): IvSurface {
  return restored('restoreIvSurface', 'surface', plain);
}

/**
 * The history behind data that came through `fromPlain`.
 *
 * @throws SchemaError unless every surface is one, has its time, and they are in order
 */
export function restoreIvSurfaceSeries(plain: unknown): IvSurfaceSeries {
  const fn = 'restoreIvSurfaceSeries';
  object({ kind: oneOf('iv-surface-series'), surfaces: list(anything, MAX_SURFACES) })(plain, `${fn}: series`);
  const surfaces = (plain as { surfaces: readonly unknown[] }).surfaces.map((surface, i) => restored(fn, `surfaces[${i}]`, surface));
  if (surfaces.some(({ asOf }, i) => i > 0 && !(asOf! > surfaces[i - 1].asOf!))) throw new SchemaError(`${fn}: surfaces must be in ascending order of asOf`);
  return asSchemaError(fn, () => seriesFor(fn, surfaces));
}

function restored(fn: string, name: string, plain: unknown): IvSurface {
  const slice = object({ expiryYears: anything, forward: anything, discount: anything, smile: anything });
  object({
    kind: oneOf('iv-surface'),
    slices: list(slice, MAX_SLICES, 1),
    interpolation: oneOf('variance', 'price'),
    extrapolation: oneOf('standard', 'none'),
    spot: nullable(real),
    asOf: nullable(real),
  })(plain, `${fn}: ${name}`);
  const { slices, interpolation, extrapolation, spot, asOf } = plain as IvSurface;
  const surface = asSchemaError(fn, () => surfaceFor(fn, slices, { interpolation, extrapolation, spot, asOf }));
  if (slices.some(({ expiryYears }, i) => expiryYears !== surface.slices[i].expiryYears)) throw new SchemaError(`${fn}: ${name}.slices must be in ascending order of expiryYears`);
  return surface;
}
