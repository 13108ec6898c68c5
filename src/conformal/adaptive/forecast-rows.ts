/** Forecasts as arrays, read row by row. */
import { requireSameLength } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import { usableDispersion, validGroup } from '../fit.ts';
import type { ConformalScore, ScoreRow } from '../score.ts';

/** What a score reads of n forecasts. */
export interface ForecastRows {
  /** Point predictions in units of the outcome, shape (n); required by every score but `cqr`. */
  readonly predictions?: ArrayLike<number>;
  /** Scale of each row's error, shape (n), required by `normalized`; NaN, infinite, zero or negative is missing. */
  readonly dispersion?: ArrayLike<number>;
  /** Predicted quantiles in units of the outcome, shape (n); required by `cqr`. */
  readonly lower?: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
  /** Group code of each row, shape (n), required with several groups; -1 or NaN for none. */
  readonly groups?: ArrayLike<number>;
}

/** The keys of {@link ForecastRows}. */
export const FORECAST_KEYS: readonly string[] = ['predictions', 'dispersion', 'lower', 'upper', 'groups'];

/** One row: what the score reads, and the group, -1 for none. */
export interface Forecast {
  readonly row: ScoreRow;
  readonly group: number;
}

/**
 * The rows, checked.
 *
 * @param others - arrays that must be as long
 * @param floor - positive dispersions below it are raised to it
 */
export function readForecasts(fn: string, score: ConformalScore, groupCount: number, floor: number, rows: ForecastRows, others: Readonly<Record<string, ArrayLike<unknown>>> = {}): Forecast[] {
  const need = (name: keyof ForecastRows, why: string): void => {
    if (rows[name] === undefined) throw new DomainError(`${fn}: ${name} must be given for ${why} (NaN where a row has none), got undefined`);
  };
  const why = `the score "${score.kind}"`;
  if (score.kind === 'cqr') {
    need('lower', why);
    need('upper', why);
  } else need('predictions', why);
  if (score.kind === 'normalized') need('dispersion', why);
  if (groupCount > 1) need('groups', `${groupCount} groups`);
  const given = Object.fromEntries(Object.entries({ ...rows, ...others }).filter(([, values]) => values !== undefined)) as Record<string, ArrayLike<unknown>>;
  const n = requireSameLength(fn, given);
  const { predictions, dispersion, lower, upper, groups } = rows;
  return Array.from({ length: n }, (_, i) => ({ row: readRow(i), group: groups === undefined ? 0 : validGroup(fn, groups[i], groupCount) }));

  function readRow(i: number): ScoreRow {
    if (score.kind === 'cqr') return { lower: lower![i], upper: upper![i] };
    const prediction = predictions![i];
    return score.kind === 'normalized' ? { prediction, dispersion: usableDispersion(dispersion![i], floor) } : { prediction };
  }
}

/** Whether two rows say the same to the bit. */
export function sameForecast(a: Forecast, b: Forecast): boolean {
  return a.group === b.group && (['prediction', 'dispersion', 'lower', 'upper'] as const).every((key) => Object.is(a.row[key], b.row[key]));
}
