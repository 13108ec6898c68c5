/** Principal components of the changes of a volatility surface: how it moves. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { driveWith, driveWithSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { printable } from '../../core/inspect.ts';
import type { SurfaceStatus } from '../surface/at-expiry.ts';
import type { IvSurfaceSeries } from '../surface/surface-series.ts';
import { DEFAULT_GRID, logVolHistoryTask, requireGrid } from './surface-grid.ts';
import type { CheckedGrid, LogVolHistory, SurfaceGrid } from './surface-grid.ts';
import { symmetricEigenTask } from './symmetric-eigen.ts';

export interface SurfacePcaOptions {
  /** @default 1, 3, 6 and 12 months; ln(K / F) / sqrt(T) from -0.4 to 0.2 in steps of 0.1 */
  readonly grid?: SurfaceGrid;
  /** Components to keep, >= 1; never more than there are. @default 3 */
  readonly components?: number;
  /** A cell that is missing in more than this share of the surfaces is left out, in [0, 1); of the others, surfaces that lack one are. @default 0.1 */
  readonly maxMissingShare?: number;
  /** Take cells beyond the surface's first and last expiry as its extrapolation has them. @default false: they are missing */
  readonly extrapolate?: boolean;
  /** Take the mean change off first. @default true */
  readonly center?: boolean;
}

/** `too-few-surfaces`: fewer than three changes; `no-cells`: no cell is there often enough; `no-variation`: no cell ever changes. */
export type SurfacePcaStatus = 'ok' | 'too-few-surfaces' | 'no-cells' | 'no-variation';

/** Why a cell of the grid was left out. */
export interface DroppedCell {
  readonly expiryYears: number;
  readonly place: number;
  /** The most frequent reason. */
  readonly reason: SurfaceStatus;
  /** Surfaces that lack it. */
  readonly missing: number;
}

/** Why a surface was left out: what its first missing cell lacks. */
export interface DroppedSurface {
  /** Epoch milliseconds. */
  readonly asOf: number;
  readonly reason: SurfaceStatus;
}

/** Changes are of ln(volatility), from one surface kept to the next. Arrays are empty unless the status is `ok`. Plain data. */
export interface SurfacePca {
  readonly kind: 'surface-pca';
  readonly status: SurfacePcaStatus;
  readonly coordinate: CheckedGrid['coordinate'];
  /** Tenor and place of each cell kept, shape (cells). */
  readonly expiryYears: Float64Array;
  readonly place: Float64Array;
  /** Time of the later surface of each change, shape (changes). */
  readonly asOf: Float64Array;
  /** Mean change, shape (cells); 0 without centering. */
  readonly mean: Float64Array;
  /** Unit vectors with a sum above 0, shape (components, cells) row-major. */
  readonly loadings: Float64Array;
  /** Variance of each component's scores, descending, shape (components). */
  readonly variance: Float64Array;
  /** Its share in the variance of all cells, shape (components). */
  readonly explainedVariance: Float64Array;
  /** Changes in units of the loadings, shape (changes, components) row-major. */
  readonly scores: Float64Array;
  readonly droppedCells: readonly DroppedCell[];
  readonly droppedSurfaces: readonly DroppedSurface[];
}

const FEWEST_CHANGES = 3;

/**
 * Principal components of log-volatility changes on a grid fixed in moneyness and time to expiry.
 *
 * Uses every surface of the series: cut the series where no later ones may be known. On equity indices the first component, a parallel
 * shift, explains about 80 % (Cont and da Fonseca 2002, section 4); the next two are slope and curvature in moneyness or time.
 *
 * @throws DomainError, ShapeError for options out of range; missing cells never throw
 * @see Cont and da Fonseca (2002), "Dynamics of implied volatility surfaces"
 * @example surfacePcaSync(series).explainedVariance[0]
 */
export function surfacePcaSync(series: IvSurfaceSeries, options: SurfacePcaOptions & DriveOptions = {}): SurfacePca {
  return driveWithSync(options, (own) => surfacePcaTask(series, own));
}

/** {@link surfacePcaSync} without blocking, with progress and a signal. */
export function surfacePca(series: IvSurfaceSeries, options: SurfacePcaOptions & DriveOptions = {}): Promise<SurfacePca> {
  return driveWith(options, (own) => surfacePcaTask(series, own));
}

/** {@link surfacePcaSync} as a task for `drive`. */
export function* surfacePcaTask(series: IvSurfaceSeries, options: SurfacePcaOptions = {}): Task<SurfacePca> {
  const fn = 'surfacePca';
  requireKnownKeys(fn, options, ['grid', 'components', 'maxMissingShare', 'extrapolate', 'center']);
  requireOneOf(fn, 'series.kind', series?.kind, ['iv-surface-series'] as const);
  const grid = requireGrid(fn, options.grid ?? DEFAULT_GRID);
  const components = requireInteger(fn, 'components', options.components ?? 3, { min: 1 });
  const maxMissingShare = requireNumber(fn, 'maxMissingShare', options.maxMissingShare ?? 0.1, { min: 0, max: 1 });
  const { extrapolate = false, center = true } = options;
  for (const [name, value] of [['extrapolate', extrapolate], ['center', center]] as const) if (typeof value !== 'boolean') throw new DomainError(`${fn}: ${name} must be true or false, got ${show(value)}`);

  const times = series.surfaces.map((surface) => surface.asOf as number);
  const history = yield* logVolHistoryTask(series.surfaces, grid, extrapolate);
  const { cells, droppedCells } = keptCells(history, grid, maxMissingShare);
  const { days, droppedSurfaces } = keptSurfaces(history, cells, times);
  const dropped = { droppedCells, droppedSurfaces };
  if (series.surfaces.length <= FEWEST_CHANGES) return failed('too-few-surfaces', grid, dropped);
  if (cells.length === 0) return failed('no-cells', grid, dropped);
  if (days.length <= FEWEST_CHANGES) return failed('too-few-surfaces', grid, dropped);

  const m = cells.length;
  const n = days.length - 1;
  const width = grid.expiryYears.length * grid.place.length;
  const changes = new Float64Array(n * m);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) changes[i * m + j] = history.logVol[days[i + 1] * width + cells[j]] - history.logVol[days[i] * width + cells[j]];
  const mean = new Float64Array(m);
  if (center) {
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) mean[j] += (changes[i * m + j] - mean[j]) / (i + 1);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) changes[i * m + j] -= mean[j];
  }
  const degrees = center ? n - 1 : n;
  let total = 0;
  for (let i = 0; i < n * m; i++) total += (changes[i] * changes[i]) / degrees;
  if (!(total > 1e-24)) return failed('no-variation', grid, dropped); // rounding of logarithms alone
  const { values, loadings, count } = yield* principalAxes(changes, n, m, degrees, components);
  const scores = new Float64Array(n * count);
  for (let i = 0; i < n; i++) for (let c = 0; c < count; c++) for (let j = 0; j < m; j++) scores[i * count + c] += changes[i * m + j] * loadings[c * m + j];
  const places = grid.place.length;
  return seal({
    kind: 'surface-pca',
    status: 'ok',
    coordinate: grid.coordinate,
    expiryYears: Float64Array.from(cells, (cell) => grid.expiryYears[Math.floor(cell / places)]),
    place: Float64Array.from(cells, (cell) => grid.place[cell % places]),
    asOf: Float64Array.from(days.slice(1), (day) => times[day]),
    mean,
    loadings,
    variance: values,
    explainedVariance: values.map((value) => value / total),
    scores,
    ...dropped,
  });
}

// Eigenvectors of the smaller of the two products of the changes with themselves; of X X' they are turned into those of X' X.
function* principalAxes(x: Float64Array, n: number, m: number, degrees: number, components: number): Task<{ readonly values: Float64Array; readonly loadings: Float64Array; readonly count: number }> {
  const isWide = n < m;
  const size = isWide ? n : m;
  const product = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    yield { phase: 'covariance', done: a, total: size };
    for (let b = a; b < size; b++) {
      let sum = 0;
      if (isWide) for (let j = 0; j < m; j++) sum += x[a * m + j] * x[b * m + j];
      else for (let i = 0; i < n; i++) sum += x[i * m + a] * x[i * m + b];
      product[a * size + b] = product[b * size + a] = sum / degrees;
    }
  }
  const { values, vectors } = yield* symmetricEigenTask(product, size);
  let count = 0;
  // What is left below this is rounding: it has no direction.
  while (count < Math.min(components, size) && values[count] > 1e-13 * values[0]) count++;
  const loadings = new Float64Array(count * m);
  for (let c = 0; c < count; c++) {
    const axis = loadings.subarray(c * m, (c + 1) * m);
    if (isWide) for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) axis[j] += vectors[c * size + i] * x[i * m + j];
    else axis.set(vectors.subarray(c * size, (c + 1) * size));
    orient(axis);
  }
  return { values: values.slice(0, count), loadings, count };
}

// Unit length, and a sum above 0; where the sum is nothing but rounding, a first large element above 0.
function orient(axis: Float64Array): void {
  let square = 0;
  let sum = 0;
  let size = 0;
  for (const value of axis) {
    square += value * value;
    sum += value;
    size += Math.abs(value);
  }
  const leading = axis.find((value) => Math.abs(value) > (0.5 * size) / axis.length) ?? 1;
  const scale = ((Math.abs(sum) > 1e-9 * size ? sum : leading) < 0 ? -1 : 1) / Math.sqrt(square);
  for (let j = 0; j < axis.length; j++) axis[j] *= scale;
}

function keptCells({ reasons }: LogVolHistory, grid: CheckedGrid, maxMissingShare: number): { readonly cells: readonly number[]; readonly droppedCells: readonly DroppedCell[] } {
  const places = grid.place.length;
  const cells: number[] = [];
  const droppedCells: DroppedCell[] = [];
  for (let cell = 0; cell < grid.expiryYears.length * places; cell++) {
    const counts = new Map<SurfaceStatus, number>();
    for (const row of reasons) if (row[cell] !== 'ok') counts.set(row[cell], (counts.get(row[cell]) ?? 0) + 1);
    const missing = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (missing <= maxMissingShare * reasons.length && missing < reasons.length) cells.push(cell);
    else if (missing > 0) droppedCells.push(Object.freeze({ expiryYears: grid.expiryYears[Math.floor(cell / places)], place: grid.place[cell % places], reason: [...counts].sort((a, b) => b[1] - a[1])[0][0], missing }));
  }
  return { cells, droppedCells: Object.freeze(droppedCells) };
}

function keptSurfaces({ reasons }: LogVolHistory, cells: readonly number[], times: readonly number[]): { readonly days: readonly number[]; readonly droppedSurfaces: readonly DroppedSurface[] } {
  const days: number[] = [];
  const droppedSurfaces: DroppedSurface[] = [];
  reasons.forEach((row, day) => {
    const lacking = cells.find((cell) => row[cell] !== 'ok');
    if (lacking === undefined) days.push(day);
    else droppedSurfaces.push(Object.freeze({ asOf: times[day], reason: row[lacking] }));
  });
  return { days, droppedSurfaces: Object.freeze(droppedSurfaces) };
}

function failed(status: SurfacePcaStatus, grid: CheckedGrid, dropped: Pick<SurfacePca, 'droppedCells' | 'droppedSurfaces'>): SurfacePca {
  const none = (): Float64Array => new Float64Array(0);
  return seal({ kind: 'surface-pca', status, coordinate: grid.coordinate, expiryYears: none(), place: none(), asOf: none(), mean: none(), loadings: none(), variance: none(), explainedVariance: none(), scores: none(), ...dropped });
}

function seal(pca: SurfacePca): SurfacePca {
  return Object.freeze(printable(pca, printPca));
}

function printPca({ status, asOf, mean, explainedVariance, droppedCells, droppedSurfaces }: SurfacePca): string {
  const left = `${droppedCells.length} cells and ${droppedSurfaces.length} surfaces left out`;
  if (status !== 'ok') return `SurfacePca: ${status}; ${left}`;
  return `SurfacePca of ${asOf.length} changes of ${mean.length} cells: ${Array.from(explainedVariance, (share) => `${(100 * share).toFixed(1)} %`).join(', ')} of the variance; ${left}`;
}

/**
 * Changes of log volatility that scores stand for: mean plus scores times loadings.
 *
 * @param scores - shape (changes, components) row-major. @default those of the history
 * @returns shape (changes, cells) row-major
 * @throws ShapeError when scores are not whole rows
 */
export function reconstructChanges(pca: SurfacePca, scores: ArrayLike<number> = pca.scores): Float64Array {
  const count = pca.variance.length;
  const m = pca.mean.length;
  if (count === 0 ? scores.length !== 0 : scores.length % count !== 0) throw new ShapeError(`reconstructChanges: scores must have rows of ${count} values, got ${scores.length}`);
  const rows = count === 0 ? 0 : scores.length / count;
  const out = new Float64Array(rows * m);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < m; j++) {
      let sum = pca.mean[j];
      for (let c = 0; c < count; c++) sum += scores[i * count + c] * pca.loadings[c * m + j];
      out[i * m + j] = sum;
    }
  }
  return out;
}
