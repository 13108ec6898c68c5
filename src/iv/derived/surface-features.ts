/** Surfaces as rows of numbers at constant times to expiry, ready to join a panel. */
import { requireKnownKeys, requireNumber, requireOneOf, requireText, show } from '../../core/assert.ts';
import { driveWith, driveWithSync } from '../../core/drive.ts';
import type { DriveOptions, Task } from '../../core/drive.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { surfaceSmile } from '../surface/at-expiry.ts';
import type { InterpolatedSlice } from '../surface/at-expiry.ts';
import type { DeltaConvention } from '../surface/delta.ts';
import { DELTA_CONVENTIONS } from '../surface/delta.ts';
import type { IvSurface } from '../surface/iv-surface.ts';
import type { IvSurfaceSeries } from '../surface/surface-series.ts';
import { atmShape } from './atm-shape.ts';
import { deltaQuotes, requireDeltas } from './delta-quotes.ts';
import { distributionMoments } from './distribution.ts';
import { varianceSwap } from './variance-swap.ts';

/**
 * - `atm`: `atmVol30d`, `atmSkew30d`, `atmCurvature30d` at the forward (see `atmShape`)
 * - `delta`: `riskReversal25d30d`, `butterfly25d30d` per delta (see `deltaQuotes`)
 * - `variance-swap`: `varianceSwapVol30d`, the square root of the fair variance per year
 * - `distribution`: `skewness30d`, `kurtosis30d` of the log return under the forward measure
 * - `term`: of each two neighbouring tenors `termSlope30d91d`, at-the-money volatility per year of time, and `forwardVol30d91d`
 */
export type FeatureFamily = 'atm' | 'delta' | 'variance-swap' | 'distribution' | 'term';

export const FEATURE_FAMILIES: readonly FeatureFamily[] = ['atm', 'delta', 'variance-swap', 'distribution', 'term'];

export interface SurfaceFeaturesOptions {
  /** Constant times to expiry in days, ascending, > 0. @default [30, 91, 182] */
  readonly tenorDays?: ArrayLike<number>;
  /** Sizes of delta, in (0, 1). @default [0.25] */
  readonly deltas?: ArrayLike<number>;
  /** @default 'forward' */
  readonly convention?: DeltaConvention;
  /** @default all but `distribution` */
  readonly families?: readonly FeatureFamily[];
  /** Take tenors beyond the surface's first and last expiry as its extrapolation has them. @default false: they are missing */
  readonly extrapolate?: boolean;
  /** Written to a column `entity` of each row, for panels of many underlyings. @default no such column */
  readonly entity?: string;
}

/** `time` is the surface's `asOf` in epoch milliseconds, null when not known; `reason` names what is NaN and why, null when nothing is. */
export type SurfaceFeatureRow = Readonly<Record<string, number | string | null>>;

/** Plain data. */
export interface SurfaceFeatures {
  readonly kind: 'surface-features';
  /** Names of the columns of numbers, in order. */
  readonly names: readonly string[];
  /** One row per surface, in order of time. */
  readonly rows: readonly SurfaceFeatureRow[];
}

/**
 * One row per surface. A row is made of its own surface alone, so nothing of it was known later than its `time`.
 *
 * @throws DomainError, ShapeError for options out of range; a surface never throws, what it does not define is NaN with a reason
 * @example
 * const { rows, names } = surfaceFeaturesSync(series, { entity: 'SPX' });
 * const panel = panelFromRows(rows, { entity: 'entity', time: 'time', columns: names });
 */
export function surfaceFeaturesSync(surfaces: IvSurface | IvSurfaceSeries, options: SurfaceFeaturesOptions & DriveOptions = {}): SurfaceFeatures {
  return driveWithSync(options, (own) => surfaceFeaturesTask(surfaces, own));
}

/** {@link surfaceFeaturesSync} without blocking, with progress and a signal. */
export function surfaceFeatures(surfaces: IvSurface | IvSurfaceSeries, options: SurfaceFeaturesOptions & DriveOptions = {}): Promise<SurfaceFeatures> {
  return driveWith(options, (own) => surfaceFeaturesTask(surfaces, own));
}

/** {@link surfaceFeaturesSync} as a task for `drive`. */
export function* surfaceFeaturesTask(surfaces: IvSurface | IvSurfaceSeries, options: SurfaceFeaturesOptions = {}): Task<SurfaceFeatures> {
  const fn = 'surfaceFeatures';
  const plan = requirePlan(fn, options);
  const kind = requireOneOf(fn, 'surfaces.kind', surfaces?.kind, ['iv-surface', 'iv-surface-series'] as const);
  const list = kind === 'iv-surface' ? [surfaces as IvSurface] : (surfaces as IvSurfaceSeries).surfaces;
  const names = featureNames(plan);
  if (new Set(names).size < names.length) throw new DomainError(`${fn}: tenorDays and deltas must give names that differ, got ${names.find((name, i) => names.indexOf(name) < i)} twice`);
  const rows: SurfaceFeatureRow[] = [];
  for (let i = 0; i < list.length; i++) {
    yield { phase: 'surfaces', done: i, total: list.length };
    rows.push(featureRow(list[i], plan, names));
  }
  return Object.freeze({ kind: 'surface-features', names: Object.freeze(names), rows: Object.freeze(rows) });
}

interface Plan {
  readonly tenorDays: readonly number[];
  readonly deltas: readonly number[];
  readonly convention: DeltaConvention;
  readonly families: ReadonlySet<FeatureFamily>;
  readonly extrapolate: boolean;
  readonly entity: string | null;
}

function requirePlan(fn: string, options: SurfaceFeaturesOptions): Plan {
  requireKnownKeys(fn, options, ['tenorDays', 'deltas', 'convention', 'families', 'extrapolate', 'entity']);
  const { tenorDays = [30, 91, 182], extrapolate = false, families = ['atm', 'delta', 'variance-swap', 'term'] } = options;
  if (!Number.isInteger(tenorDays?.length) || tenorDays.length === 0) throw new ShapeError(`${fn}: tenorDays must be an array of at least one number, got ${show(tenorDays)}`);
  if (!Array.isArray(families)) throw new ShapeError(`${fn}: families must be an array, got ${show(families)}`);
  if (typeof extrapolate !== 'boolean') throw new DomainError(`${fn}: extrapolate must be true or false, got ${show(extrapolate)}`);
  return {
    tenorDays: Array.from(tenorDays, (days, i) => requireNumber(fn, `tenorDays[${i}]`, days, { min: i === 0 ? 0 : tenorDays[i - 1], open: true })),
    deltas: requireDeltas(fn, options.deltas ?? [0.25]),
    convention: requireOneOf(fn, 'convention', options.convention ?? 'forward', DELTA_CONVENTIONS),
    families: new Set(families.map((family: unknown, i) => requireOneOf(fn, `families[${i}]`, family, FEATURE_FAMILIES))),
    extrapolate,
    entity: options.entity === undefined ? null : requireText(fn, 'entity', options.entity),
  };
}

const deltaName = (delta: number): string => `${Number((100 * delta).toPrecision(12))}d`;

function featureNames({ tenorDays, deltas, families }: Plan): string[] {
  const names: string[] = [];
  for (const days of tenorDays) {
    if (families.has('atm')) names.push(`atmVol${days}d`, `atmSkew${days}d`, `atmCurvature${days}d`);
    if (families.has('delta')) for (const delta of deltas) names.push(`riskReversal${deltaName(delta)}${days}d`, `butterfly${deltaName(delta)}${days}d`);
    if (families.has('variance-swap')) names.push(`varianceSwapVol${days}d`);
    if (families.has('distribution')) names.push(`skewness${days}d`, `kurtosis${days}d`);
  }
  if (families.has('term')) tenorDays.slice(1).forEach((days, i) => {
    names.push(`termSlope${tenorDays[i]}d${days}d`, `forwardVol${tenorDays[i]}d${days}d`);
  });
  return names;
}

interface Cells {
  readonly set: (name: string, value: number, status: string) => void;
  readonly miss: (name: string, status: string) => void;
}

// Tolerance of integrals here: six digits more than a volatility is quoted with.
const TOLERANCE = 1e-8;

function featureRow(surface: IvSurface, plan: Plan, names: readonly string[]): SurfaceFeatureRow {
  const row: Record<string, number | string | null> = { time: surface.asOf };
  if (plan.entity !== null) row.entity = plan.entity;
  for (const name of names) row[name] = NaN;
  const reasons: string[] = [];
  const miss: Cells['miss'] = (name, status) => {
    reasons.push(`${name}: ${status}`);
  };
  const set: Cells['set'] = (name, value, status) => {
    row[name] = value;
    if (value !== value) miss(name, status);
  };
  const atmVols = plan.tenorDays.map((days) => {
    const slice = surfaceSmile(surface, days / 365);
    if (slice.smile === null || (slice.status !== 'ok' && !plan.extrapolate)) {
      reasons.push(`${days}d: ${slice.status}`);
      return NaN;
    }
    return fillTenor(slice, days, surface.spot, plan, { set, miss });
  });
  if (plan.families.has('term')) {
    for (let i = 1; i < atmVols.length; i++) {
      const [near, far] = [plan.tenorDays[i - 1], plan.tenorDays[i]];
      const [nearVol, farVol] = [atmVols[i - 1], atmVols[i]];
      if (nearVol !== nearVol || farVol !== farVol) continue; // the tenor has its own reason
      row[`termSlope${near}d${far}d`] = ((farVol - nearVol) * 365) / (far - near);
      set(`forwardVol${near}d${far}d`, Math.sqrt((farVol * farVol * far - nearVol * nearVol * near) / (far - near)), 'calendar');
    }
  }
  row.reason = reasons.length === 0 ? null : reasons.join('; ');
  return Object.freeze(row);
}

// Returns volatility at the money.
function fillTenor(slice: InterpolatedSlice, days: number, spot: number | null, { families, deltas, convention }: Plan, { set, miss }: Cells): number {
  const { status, annualizedVol, skew, curvature } = atmShape(slice);
  if (families.has('atm')) {
    set(`atmVol${days}d`, annualizedVol, status);
    set(`atmSkew${days}d`, skew, status);
    set(`atmCurvature${days}d`, curvature, status);
  } else if (annualizedVol !== annualizedVol) miss(`atmVol${days}d`, status);
  if (families.has('delta')) {
    const needsSpot = convention.startsWith('spot') && spot === null;
    const quotes = needsSpot ? null : deltaQuotes(slice, { deltas, convention, spot }).quotes;
    deltas.forEach((delta, i) => {
      set(`riskReversal${deltaName(delta)}${days}d`, quotes?.[i].riskReversal ?? NaN, quotes?.[i].status ?? 'no-spot');
      set(`butterfly${deltaName(delta)}${days}d`, quotes?.[i].butterfly ?? NaN, quotes?.[i].status ?? 'no-spot');
    });
  }
  if (families.has('variance-swap')) {
    const { fairVol, status: found } = varianceSwap(slice, { tolerance: TOLERANCE });
    set(`varianceSwapVol${days}d`, fairVol, found);
  }
  if (families.has('distribution')) {
    const { skewness, kurtosis, status: found } = distributionMoments(slice, { tolerance: TOLERANCE });
    set(`skewness${days}d`, skewness, found);
    set(`kurtosis${days}d`, kurtosis, found);
  }
  return annualizedVol;
}
