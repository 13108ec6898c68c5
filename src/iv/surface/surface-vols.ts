/** Many questions to a surface at once, on columns. */
import { requireKnownKeys, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { evaluateSmile } from '../smile.ts';
import type { Smile } from '../smile.ts';
import { forwardAt, SURFACE_STATUSES, sliceIndexAt, smileAt } from './at-expiry.ts';
import type { SurfaceStatus } from './at-expiry.ts';
import type { IvSurface } from './iv-surface.ts';

/** Columns of places; each of shape (n), or one number for all rows. Give `logMoneyness` or `strike`. */
export interface SurfaceColumns {
  readonly expiryYears: ArrayLike<number> | number;
  readonly logMoneyness?: ArrayLike<number> | number;
  readonly strike?: ArrayLike<number> | number;
}

export interface SurfaceVols {
  /** Shape (n); NaN where the status has no number. */
  readonly annualizedVol: Float64Array;
  /** Index into {@link SURFACE_STATUSES}, shape (n). */
  readonly status: Uint8Array;
}

const code = (status: SurfaceStatus): number => SURFACE_STATUSES.indexOf(status);
const BEFORE = code('before-first-expiry');
const AFTER = code('after-last-expiry');
const OUTSIDE_EXPIRIES = code('outside-expiries');
const OUTSIDE_STRIKES = code('outside-strikes');
const NEGATIVE = code('negative-variance');
const EXPIRED = code('expired');
const INVALID = code('invalid');

/**
 * Volatilities of the surface on columns of places; the same numbers as `surfaceVol`, row by row.
 *
 * Rows in order of expiry are fastest: what depends on the time alone is kept from row to row. Bad rows get a status and NaN.
 *
 * @param out - filled and returned. @default new arrays
 * @throws ShapeError when columns differ in length, DomainError when neither or both of `logMoneyness` and `strike` are given
 * @example surfaceVols(surface, { expiryYears: 0.25, strike: strikes }).annualizedVol
 */
export function surfaceVols(surface: IvSurface, columns: SurfaceColumns, out?: SurfaceVols): SurfaceVols {
  const fn = 'surfaceVols';
  requireKnownKeys(fn, columns, ['expiryYears', 'logMoneyness', 'strike']);
  const places = columns.logMoneyness ?? columns.strike;
  if (places === undefined || (columns.logMoneyness !== undefined && columns.strike !== undefined)) throw new DomainError(`${fn}: columns must hold one of logMoneyness and strike, got ${show(columns)}`);
  const { expiryYears: years, n } = requireColumns(fn, columns.expiryYears, places);
  const { annualizedVol, status } = out ?? { annualizedVol: new Float64Array(n), status: new Uint8Array(n) };
  if (annualizedVol.length !== n || status.length !== n) throw new ShapeError(`${fn}: out must have ${n} rows, got ${annualizedVol.length} and ${status.length}`);
  fill(surface, years, places, columns.strike !== undefined, annualizedVol, status);
  return out ?? Object.freeze({ annualizedVol, status });
}

function requireColumns(fn: string, expiryYears: ArrayLike<number> | number, places: ArrayLike<number> | number): { readonly expiryYears: ArrayLike<number> | number; readonly n: number } {
  const lengths = [expiryYears, places].filter((column): column is ArrayLike<number> => typeof column !== 'number').map((column) => column.length);
  if (lengths.some((length) => !Number.isInteger(length))) throw new ShapeError(`${fn}: columns must be arrays or numbers, got ${show(expiryYears)} and ${show(places)}`);
  if (lengths.length === 2 && lengths[0] !== lengths[1]) throw new ShapeError(`${fn}: columns must have the same length, got ${lengths[0]} and ${lengths[1]}`);
  return { expiryYears, n: lengths[0] ?? 1 };
}

// Between two expiries w = nearWeight w_near + farWeight w_far; after the last w_far + farWeight max(0, w_far - w_near); else one smile times nearWeight.
function fill(surface: IvSurface, years: ArrayLike<number> | number, places: ArrayLike<number> | number, areStrikes: boolean, annualizedVol: Float64Array, status: Uint8Array): void {
  const { slices } = surface;
  const n = slices.length;
  const first = slices[0].expiryYears;
  const last = slices[n - 1].expiryYears;
  const point = new Float64Array(3);
  let known = NaN; // the time that what follows belongs to
  let found = INVALID;
  let near: Smile = slices[0].smile;
  let far: Smile | null = null;
  let nearWeight = 1;
  let farWeight = 0;
  let forward = NaN;
  for (let i = 0; i < annualizedVol.length; i++) {
    const t = typeof years === 'number' ? years : years[i];
    if (t !== known) {
      known = t;
      far = null;
      nearWeight = 1;
      found = !(t < Infinity) || t === -Infinity ? INVALID : t <= 0 ? EXPIRED : t < first ? BEFORE : t > last ? AFTER : 0;
      if ((found === BEFORE || found === AFTER) && surface.extrapolation === 'none') found = OUTSIDE_EXPIRIES;
      if (found <= AFTER) {
        const index = sliceIndexAt(slices, t);
        if (areStrikes) forward = forwardAt(surface, t);
        if (index < n && slices[index].expiryYears === t) {
          near = slices[index].smile;
        } else if (index === 0 || n === 1) {
          near = slices[0].smile;
          nearWeight = t / first;
        } else if (index < n && surface.interpolation === 'price') {
          near = smileAt(surface, t);
        } else {
          const upper = index < n ? index : n - 1;
          const width = slices[upper].expiryYears - slices[upper - 1].expiryYears;
          near = slices[upper - 1].smile;
          far = slices[upper].smile;
          farWeight = index < n ? (t - slices[upper - 1].expiryYears) / width : (t - last) / width;
          nearWeight = 1 - farWeight;
        }
      }
    }
    const place = typeof places === 'number' ? places : places[i];
    const k = areStrikes ? (place > 0 ? Math.log(place / forward) : NaN) : place;
    if (found > AFTER || !(k - k === 0)) {
      annualizedVol[i] = NaN;
      status[i] = found > AFTER ? found : INVALID;
      continue;
    }
    evaluateSmile(near, k, point);
    let variance = point[0];
    if (far === null) {
      variance *= nearWeight;
    } else {
      evaluateSmile(far, k, point);
      const w = point[0];
      if (found === AFTER) variance = w <= variance ? w : w + farWeight * (w - variance);
      else variance = nearWeight * variance + farWeight * w;
    }
    const vol = variance >= 0 ? Math.sqrt(variance / t) : NaN;
    if (vol < Infinity) {
      annualizedVol[i] = vol;
      status[i] = found;
    } else if (vol === Infinity) {
      annualizedVol[i] = NaN;
      status[i] = INVALID;
    } else {
      annualizedVol[i] = NaN;
      status[i] = variance < 0 ? NEGATIVE : OUTSIDE_STRIKES;
    }
  }
}
