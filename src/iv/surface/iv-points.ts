/** Surfaces from single volatilities, ragged or not: one smile through the points of each expiry. */
import { requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import { parseTime, tryParseTime } from '../../core/time.ts';
import { pointSmile } from '../slices/point-smile.ts';
import type { PointExtrapolation, PointSmile } from '../slices/point-smile.ts';
import { discountAt, forwardAt } from './at-expiry.ts';
import { SURFACE_OPTION_KEYS, surfaceFor, surfaceOptions } from './iv-surface.ts';
import type { IvSurface, IvSurfaceOptions, SurfaceSlice } from './iv-surface.ts';

/** One volatility. */
export interface IvPoint {
  readonly strike: number;
  /** In years of 365 days. */
  readonly expiryYears: number;
  /** As a decimal. */
  readonly annualizedVol: number;
  readonly bidVol?: number;
  readonly askVol?: number;
  /** When it was seen: epoch milliseconds, a Date, or text with a date. */
  readonly timestamp?: number | string | Date;
}

/** Forward and discount of one expiry. */
export interface ExpiryForward {
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
}

export interface PointSurfaceOptions extends IvSurfaceOptions {
  /** Continuously compounded, per year; with `spot`. @default 0 */
  readonly rate?: number;
  /** Continuously compounded, per year; with `spot`. @default 0 */
  readonly dividendYield?: number;
  /** Forward and discount per expiry, instead of `rate` and `dividendYield`; log-linear between expiries, as a surface has them. */
  readonly forwards?: readonly ExpiryForward[];
  /** What smiles do beyond their outermost points. @default 'linear' */
  readonly wings?: PointExtrapolation;
}

/** Why a point took no part. */
export type PointDropReason =
  | 'not-finite' // strike, expiry or volatility missing or infinite, or so large that forward, discount or log-moneyness is
  | 'not-positive' // strike, expiry or volatility <= 0
  | 'bad-timestamp' // not a time
  | 'after-as-of' // seen later than the surface: it would be look-ahead
  | 'superseded' // another point of the same strike and expiry is newer, or came later
  | 'fitted-expiry'; // the surface has a fitted smile there, which points cannot amend

export interface DroppedPoint {
  /** Index into the points given. */
  readonly index: number;
  readonly reason: PointDropReason;
}

/** A surface and what became of the points. */
export interface PointSurface {
  /** Null when no point could be used and there was no surface to begin with. */
  readonly surface: IvSurface | null;
  readonly usedCount: number;
  /** In order of index. */
  readonly dropped: readonly DroppedPoint[];
  readonly dropCounts: Readonly<Partial<Record<PointDropReason, number>>>;
}

interface Row {
  readonly index: number; // -1 for a point that was in the surface before
  readonly logMoneyness: number;
  readonly totalVariance: number;
  readonly bidVol: number;
  readonly askVol: number;
  readonly timestamp: number;
}

/**
 * A surface through points: any number of strikes per expiry, one expiry is enough.
 *
 * Points that cannot be used are dropped with a reason, never silently; a point seen after the surface's `asOf` is one of them.
 *
 * @param options - `spot` with `rate` and `dividendYield`, or `forwards`; and the options of a surface
 * @throws DomainError when neither spot nor forwards are given, or either is out of range
 * @example surfaceFromPoints([{ strike: 100, expiryYears: 0.5, annualizedVol: 0.2 }], { spot: 100, rate: 0.03 }).surface
 */
export function surfaceFromPoints(points: readonly IvPoint[], options: PointSurfaceOptions): PointSurface {
  const fn = 'surfaceFromPoints';
  requireKnownKeys(fn, options, [...SURFACE_OPTION_KEYS, 'rate', 'dividendYield', 'forwards', 'wings']);
  const { forwards, rate = 0, dividendYield = 0, wings = 'linear', ...rest } = options;
  requireNumber(fn, 'rate', rate);
  requireNumber(fn, 'dividendYield', dividendYield);
  const spot = options.spot ?? null;
  if (spot !== null) requireNumber(fn, 'spot', spot, { min: 0, open: true });
  if (spot === null && forwards === undefined) throw new DomainError(`${fn}: options must have spot or forwards, got ${show(options)}`);
  const flat = (expiryYears: number): ExpiryForward => ({ expiryYears, forward: spot! * Math.exp((rate - dividendYield) * expiryYears), discount: Math.exp(-rate * expiryYears) });
  return build(fn, points, [], forwards === undefined ? flat : forwardCurve(fn, forwards, spot), wings, rest);
}

/**
 * A new surface with points more: they join the points of their expiry, replace those at the same strike, or start a new expiry.
 *
 * A new expiry takes its forward and discount from the surface. An expiry with a fitted smile stays as it is: the reason says so.
 *
 * @param options - `wings` of the expiries that the points touch. @default those they have, 'linear' for new ones
 * @example withPoints(surface, [{ strike: 105, expiryYears: 0.5, annualizedVol: 0.19 }]).surface
 */
export function withPoints(surface: IvSurface, points: readonly IvPoint[], options: { readonly wings?: PointExtrapolation } = {}): PointSurface {
  requireKnownKeys('withPoints', options, ['wings']);
  const curve = (expiryYears: number): ExpiryForward => ({ expiryYears, forward: forwardAt(surface, expiryYears), discount: discountAt(surface, expiryYears) });
  return build('withPoints', points, surface.slices, curve, options.wings, surfaceOptions(surface));
}

/** Every point of the slices that are made of points, by expiry and strike. */
export function surfacePoints(surface: IvSurface): readonly IvPoint[] {
  return Object.freeze(surface.slices.flatMap(({ smile, forward, expiryYears }) => (smile.kind === 'points' ? rowsOf(smile).map((row) => Object.freeze({
    strike: forward * Math.exp(row.logMoneyness),
    expiryYears,
    annualizedVol: Math.sqrt(row.totalVariance / expiryYears),
    ...(row.bidVol === row.bidVol ? { bidVol: row.bidVol } : {}),
    ...(row.askVol === row.askVol ? { askVol: row.askVol } : {}),
    ...(row.timestamp === row.timestamp ? { timestamp: row.timestamp } : {}),
  })) : [])));
}

function forwardCurve(fn: string, forwards: readonly ExpiryForward[], spot: number | null): (expiryYears: number) => ExpiryForward {
  const smile = pointSmile({ logMoneyness: [0], totalVariance: [1] });
  const curve = surfaceFor(fn, forwards.map(({ expiryYears, forward, discount }) => ({ expiryYears, forward, discount, smile })), { spot });
  return (expiryYears) => ({ expiryYears, forward: forwardAt(curve, expiryYears), discount: discountAt(curve, expiryYears) });
}

function build(
  fn: string,
  points: readonly IvPoint[],
  slices: readonly SurfaceSlice[],
  curve: (expiryYears: number) => ExpiryForward,
  wings: PointExtrapolation | undefined,
  options: IvSurfaceOptions,
): PointSurface {
  if (!Array.isArray(points)) throw new ShapeError(`${fn}: points must be an array, got ${show(points)}`);
  const asOf = options.asOf === undefined || options.asOf === null ? Infinity : parseTime(fn, 'asOf', options.asOf);
  const existing = new Map(slices.map((slice) => [slice.expiryYears, slice]));
  const reasons: (PointDropReason | undefined)[] = new Array(points.length);
  const touched = new Map<number, { readonly at: ExpiryForward; readonly rows: Row[] }>();
  points.forEach((point: IvPoint, index) => {
    const old = existing.get(point?.expiryYears);
    reasons[index] = pointFault(point, asOf) ?? (old !== undefined && old.smile.kind !== 'points' ? 'fitted-expiry' : undefined);
    if (reasons[index] !== undefined) return;
    const { expiryYears } = point;
    const at = touched.get(expiryYears)?.at ?? old ?? curve(expiryYears);
    const logMoneyness = Math.log(point.strike / at.forward);
    if (!Number.isFinite(logMoneyness) || !(at.discount > 0 && at.discount < Infinity)) {
      reasons[index] = 'not-finite'; // so far out, or so far off, that forward, discount or strike / forward leaves the doubles
      return;
    }
    if (!touched.has(expiryYears)) touched.set(expiryYears, { at, rows: old === undefined ? [] : rowsOf(old.smile as PointSmile) });
    touched.get(expiryYears)!.rows.push({
      index,
      logMoneyness,
      totalVariance: point.annualizedVol * point.annualizedVol * expiryYears,
      bidVol: point.bidVol ?? NaN,
      askVol: point.askVol ?? NaN,
      timestamp: point.timestamp === undefined ? NaN : (tryParseTime(point.timestamp) as number),
    });
  });
  const made = [...touched.values()].map(({ at, rows }): SurfaceSlice => {
    const old = existing.get(at.expiryYears)?.smile as PointSmile | undefined;
    return { expiryYears: at.expiryYears, forward: at.forward, discount: at.discount, smile: throughRows(latest(rows, reasons), wings ?? old?.extrapolation ?? 'linear') };
  });
  const all = [...slices.filter(({ expiryYears }) => !touched.has(expiryYears)), ...made];
  const dropped = points.flatMap((_, index): DroppedPoint[] => (reasons[index] === undefined ? [] : [Object.freeze({ index, reason: reasons[index] as PointDropReason })]));
  const dropCounts: Partial<Record<PointDropReason, number>> = {};
  for (const { reason } of dropped) dropCounts[reason] = (dropCounts[reason] ?? 0) + 1;
  return Object.freeze({
    surface: all.length === 0 ? null : surfaceFor(fn, all, options),
    usedCount: points.length - dropped.length,
    dropped: Object.freeze(dropped),
    dropCounts: Object.freeze(dropCounts),
  });
}

function pointFault(point: IvPoint, asOf: number): PointDropReason | undefined {
  if (typeof point !== 'object' || point === null) return 'not-finite';
  const { strike, expiryYears, annualizedVol, timestamp } = point;
  if (![strike, expiryYears, annualizedVol].every(Number.isFinite)) return 'not-finite';
  // A square that leaves the doubles is no variance.
  const totalVariance = annualizedVol * annualizedVol * expiryYears;
  if (!(strike > 0 && expiryYears > 0 && annualizedVol > 0 && totalVariance > 0)) return 'not-positive';
  if (totalVariance === Infinity) return 'not-finite';
  if (timestamp === undefined) return undefined;
  const seen = tryParseTime(timestamp);
  return seen === undefined ? 'bad-timestamp' : seen > asOf ? 'after-as-of' : undefined;
}

// One row per strike, ascending: the newest, and of those as new or without a time the one that came last.
function latest(rows: readonly Row[], reasons: (PointDropReason | undefined)[]): readonly Row[] {
  const kept: Row[] = [];
  for (const row of [...rows].sort((a, b) => a.logMoneyness - b.logMoneyness || a.index - b.index)) {
    const before = kept[kept.length - 1];
    if (before === undefined || before.logMoneyness !== row.logMoneyness) {
      kept.push(row);
      continue;
    }
    const older = row.timestamp < before.timestamp;
    const loser = older ? row : before;
    if (loser.index >= 0) reasons[loser.index] = 'superseded';
    if (!older) kept[kept.length - 1] = row;
  }
  return kept;
}

function rowsOf({ logMoneyness, totalVariance, quotes }: PointSmile): Row[] {
  return Array.from(logMoneyness, (k, i) => ({
    index: -1,
    logMoneyness: k,
    totalVariance: totalVariance[i],
    bidVol: quotes === null ? NaN : quotes.bidVol[i],
    askVol: quotes === null ? NaN : quotes.askVol[i],
    timestamp: quotes === null ? NaN : quotes.timestamp[i],
  }));
}

function throughRows(rows: readonly Row[], extrapolation: PointExtrapolation): PointSmile {
  const column = (key: 'logMoneyness' | 'totalVariance' | 'bidVol' | 'askVol' | 'timestamp'): Float64Array => Float64Array.from(rows, (row) => row[key]);
  const [bidVol, askVol, timestamp] = [column('bidVol'), column('askVol'), column('timestamp')];
  const isBare = [bidVol, askVol, timestamp].every((values) => values.every((v) => v !== v));
  return pointSmile({ logMoneyness: column('logMoneyness'), totalVariance: column('totalVariance') }, { extrapolation, quotes: isBare ? null : { bidVol, askVol, timestamp } });
}
