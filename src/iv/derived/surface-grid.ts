/** Log volatilities of surfaces on a fixed grid that moves with the market, and their changes from one surface to the next. */
import { requireNumber, show } from '../../core/assert.ts';
import { DomainError, ShapeError } from '../../core/errors.ts';
import type { Task } from '../../core/drive.ts';
import { smileTotalVariance } from '../smile.ts';
import type { Smile } from '../smile.ts';
import { surfaceSmile } from '../surface/at-expiry.ts';
import type { SurfaceStatus } from '../surface/at-expiry.ts';
import { deltaLogMoneyness } from '../surface/delta.ts';
import type { IvSurface } from '../surface/iv-surface.ts';

/** Places of a grid: the same at each tenor. */
export interface SurfaceGrid {
  /** Times to expiry in years of 365 days, ascending, > 0. */
  readonly expiryYears: ArrayLike<number>;
  /** ln(strike / forward) over sqrt(expiryYears), ascending. Give this or `delta`. */
  readonly scaledLogMoneyness?: ArrayLike<number>;
  /** Forward delta of a call, in (0, 1), descending as strikes rise: 0.9 is a put of 10 delta. */
  readonly delta?: ArrayLike<number>;
}

/** Frozen; the cell of tenor i and place j is i * places + j. */
export interface CheckedGrid {
  readonly expiryYears: Float64Array;
  readonly coordinate: 'scaled-log-moneyness' | 'delta';
  readonly place: Float64Array;
}

export const DEFAULT_GRID: SurfaceGrid = Object.freeze({ expiryYears: Object.freeze([1 / 12, 0.25, 0.5, 1]), scaledLogMoneyness: Object.freeze([-0.4, -0.3, -0.2, -0.1, 0, 0.1, 0.2]) });

/** A grid with its axes checked, or a DomainError or ShapeError. */
export function requireGrid(fn: string, grid: SurfaceGrid): CheckedGrid {
  if (typeof grid !== 'object' || grid === null) throw new DomainError(`${fn}: grid must be { expiryYears, scaledLogMoneyness or delta }, got ${show(grid)}`);
  const isDelta = grid.delta !== undefined;
  if (isDelta === (grid.scaledLogMoneyness !== undefined)) throw new DomainError(`${fn}: grid must have one of scaledLogMoneyness and delta, got ${isDelta ? 'both' : 'none'}`);
  const expiryYears = axis(fn, 'grid.expiryYears', grid.expiryYears, 0, Infinity, 1);
  const place = isDelta ? axis(fn, 'grid.delta', grid.delta, 0, 1, -1) : axis(fn, 'grid.scaledLogMoneyness', grid.scaledLogMoneyness, -Infinity, Infinity, 1);
  return Object.freeze({ expiryYears, coordinate: isDelta ? 'delta' : 'scaled-log-moneyness', place });
}

function axis(fn: string, name: string, values: ArrayLike<number> | undefined, min: number, max: number, direction: 1 | -1): Float64Array {
  if (values === undefined || !Number.isInteger(values.length) || values.length === 0) throw new ShapeError(`${fn}: ${name} must be an array of at least one number, got ${show(values)}`);
  const checked = Float64Array.from(values, (value, i) => requireNumber(fn, `${name}[${i}]`, value, { min, max, open: true }));
  for (let i = 1; i < checked.length; i++) if (!(direction * (checked[i] - checked[i - 1]) > 0)) throw new DomainError(`${fn}: ${name} must be strictly ${direction === 1 ? 'ascending' : 'descending'}, got ${checked[i]} after ${checked[i - 1]}`);
  return checked;
}

/**
 * Fills one row with ln(volatility) of each cell, and the reason of each that has none. Cells beyond the surface's expiries count as missing
 * unless `extrapolate`.
 */
function fillLogVols(surface: IvSurface, grid: CheckedGrid, extrapolate: boolean, row: Float64Array, reasons: SurfaceStatus[]): void {
  const places = grid.place.length;
  for (let i = 0; i < grid.expiryYears.length; i++) {
    const years = grid.expiryYears[i];
    const { smile, status } = surfaceSmile(surface, years);
    const usable = smile !== null && (extrapolate || status === 'ok');
    for (let j = 0; j < places; j++) {
      const cell = i * places + j;
      const variance = usable ? varianceAt(smile, grid, j, years) : NaN;
      row[cell] = variance > 0 ? 0.5 * Math.log(variance / years) : NaN;
      reasons[cell] = variance > 0 ? 'ok' : !usable ? status : variance <= 0 ? 'negative-variance' : grid.coordinate === 'delta' ? 'no-solution' : 'outside-strikes';
    }
  }
}

function varianceAt(smile: Smile, grid: CheckedGrid, j: number, years: number): number {
  const place = grid.place[j];
  if (grid.coordinate === 'scaled-log-moneyness') return smileTotalVariance(smile, place * Math.sqrt(years));
  const solution = place <= 0.5 ? deltaLogMoneyness(smile, { delta: place, type: 'call' }) : deltaLogMoneyness(smile, { delta: 1 - place, type: 'put' });
  return solution.status === 'ok' ? smileTotalVariance(smile, solution.logMoneyness) : NaN;
}

/** One row of log volatilities per surface, shape (surfaces, cells) row-major, and per row the reasons of what is missing. */
export interface LogVolHistory {
  readonly logVol: Float64Array;
  readonly reasons: readonly (readonly SurfaceStatus[])[];
}

/** {@link fillLogVols} of each surface, one step of progress each. */
export function* logVolHistoryTask(surfaces: readonly IvSurface[], grid: CheckedGrid, extrapolate: boolean): Task<LogVolHistory> {
  const cells = grid.expiryYears.length * grid.place.length;
  const logVol = new Float64Array(surfaces.length * cells);
  const reasons: SurfaceStatus[][] = [];
  for (let day = 0; day < surfaces.length; day++) {
    yield { phase: 'surfaces', done: day, total: surfaces.length };
    const row: SurfaceStatus[] = [];
    fillLogVols(surfaces[day], grid, extrapolate, logVol.subarray(day * cells, (day + 1) * cells), row);
    reasons.push(row);
  }
  return { logVol, reasons };
}
