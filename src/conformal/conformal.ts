/** Conformal intervals as they are lived with: any score, in groups, adapting to outcomes that arrive late. */
import { requireKnownKeys, requireNumber, requireSameLength } from '../core/assert.ts';
import { drive, driveSync } from '../core/drive.ts';
import type { DriveOptions, Task } from '../core/drive.ts';
import { DomainError } from '../core/errors.ts';
import { quantile } from '../core/stats.ts';
import { sessionRows } from '../metrics/session-rows.ts';
import { CoverageTracker } from './adaptive/coverage-tracker.ts';
import type { LiveCoverage } from './adaptive/coverage-tracker.ts';
import { FORECAST_KEYS, readForecasts, sameForecast } from './adaptive/forecast-rows.ts';
import type { Forecast, ForecastRows } from './adaptive/forecast-rows.ts';
import { ScoreCells } from './adaptive/score-cells.ts';
import { SessionBook } from './adaptive/session-book.ts';
import type { BookRow, BookSession, UpdateReport } from './adaptive/session-book.ts';
import type { ConformalFit } from './conformal-fit.ts';
import { conformalSettings } from './conformal-options.ts';
import type { AdaptiveConformalOptions, AdaptiveConformalSettings } from './conformal-options.ts';
import type { AdaptiveCalibrationRows, AdaptiveContext, AdaptiveInterval, AdaptiveIntervals, OutcomeRows, ReplayRows, SessionForecasts } from './conformal-rows.ts';
import type { AdaptiveConformalState } from './conformal-state.ts';
import type { IntervalBasis } from './interval.ts';

const FLOOR_QUANTILE = 0.01; // as in fitConformal

/**
 * Conformal intervals composed of a score, groups and an adaptor.
 *
 * Life of a session t: `issue` gives the intervals of its rows, all on one set of radii, and remembers them by (session, entity). `update` brings outcomes,
 * `horizon` sessions late or in any order; when those of t are in, t makes one step: each group's level or radius moves by the share of the group's rows that
 * missed, and their scores enter its window. So the intervals of t depend only on outcomes handed over before t was issued.
 * Outcomes brought one by one or all at once leave the same state to the bit, and `state` goes through the plain codec.
 *
 * Every group runs its own adaptor. Rows without a group use one that runs on all rows; rows that lack the dispersion of a normalised score use one on |residual|.
 *
 * @throws DomainError for options outside their ranges
 * @example
 * const c = conformal({ alpha: 0.1, score: 'normalized', groups: 3, adapt: aci({ gamma: 0.02, window: 500 }), horizon: 5 });
 * c.calibrate({ predictions, dispersion, groups, outcomes, sessions });
 * c.issue({ session: 20260102, entities: ['ABC'], predictions: [0.01], dispersion: [0.03], groups: [1] }).lower;
 * c.update({ sessions: [20260102], entities: ['ABC'], outcomes: [-0.02] });
 */
export function conformal(options: AdaptiveConformalOptions = {}): AdaptiveConformal {
  return new AdaptiveConformal(conformalSettings('conformal', options));
}

/** Made by {@link conformal} or `restoreConformal`. */
export class AdaptiveConformal {
  readonly #settings: AdaptiveConformalSettings;
  readonly #cells: ScoreCells;
  readonly #book: SessionBook;
  readonly #tracker: CoverageTracker;
  #floor: number;

  constructor(settings: AdaptiveConformalSettings, state?: AdaptiveConformalState) {
    const { score, groups, horizon, patience, coverageSessions, dispersionFloor } = settings;
    this.#settings = settings;
    this.#cells = new ScoreCells(settings, state?.tails);
    this.#floor = state?.floor ?? dispersionFloor ?? 0;
    this.#book = new SessionBook(horizon + patience);
    this.#tracker = new CoverageTracker(groups, coverageSessions, state?.coverage);
    if (state === undefined) return;
    this.#book.closedThrough = state.closedThrough;
    for (const { session, settled, radii, levels, entities, values, groups: codes, outcomes, known } of state.book) {
      const forecasts = readForecasts('restoreConformal', score, groups, 0, { ...values, groups: codes });
      const rows = new Map(entities.map((entity, i) => [entity, { ...forecasts[i], outcome: known[i] === 1 ? outcomes[i] : undefined }]));
      this.#book.open({ session, settled, radii: radii.slice(), levels: levels.slice(), rows });
    }
  }

  /** The settings in force, defaults included. */
  get settings(): AdaptiveConformalSettings {
    return this.#settings;
  }

  /** Coverage of the outcomes that came in, by the intervals they were issued. */
  get coverage(): LiveCoverage {
    return this.#tracker.report;
  }

  /**
   * Starts all windows, levels and radii afresh on past rows; issued sessions keep their intervals and go on waiting for their outcomes.
   *
   * @throws ShapeError for arrays of different lengths; DomainError for a missing array or session
   */
  calibrate(rows: AdaptiveCalibrationRows): void {
    const fn = 'calibrate';
    requireKnownKeys(fn, rows, [...FORECAST_KEYS, 'outcomes', 'sessions']);
    const { outcomes, sessions, ...forecastRows } = rows;
    const { score, groups, dispersionFloor } = this.#settings;
    const raw = readForecasts(fn, score, groups, 0, forecastRows, { outcomes, ...(sessions && { sessions }) });
    if (score.kind === 'normalized' && dispersionFloor === null) {
      this.#floor = quantile(Float64Array.from(raw, ({ row }, i) => (Math.abs(outcomes[i] - row.prediction!) >= 0 ? row.dispersion! : NaN)), FLOOR_QUANTILE) || 0;
    }
    const forecasts = readForecasts(fn, score, groups, this.#floor, forecastRows);
    const bySession = sessionsOf(fn, sessions ?? Float64Array.from(outcomes, (_, i) => i));
    this.#cells.start(bySession.map((session) => Array.from(session, (i) => ({ ...forecasts[i], outcome: outcomes[i] }))));
  }

  /**
   * Starts at the radii of a fit, without its scores: for no adaptor or a quantile tracker, whose infinite groups start at the radius of all rows.
   *
   * @throws DomainError when the fit has another alpha, score or number of groups, or the adaptor needs scores
   */
  startFrom(fit: ConformalFit): void {
    const { alpha, score, groups, adapt } = this.#settings;
    if (fit.alpha !== alpha || fit.score !== score.kind || fit.radii.length !== groups) throw new DomainError(`startFrom: fit must have alpha ${alpha}, score "${score.kind}" and ${groups} groups, got ${fit.alpha}, "${fit.score}" and ${fit.radii.length}`);
    if (adapt !== null && adapt.kind !== 'quantile-tracker') throw new DomainError(`startFrom: adapt must be null or a quantile tracker, for a fit holds no scores (use calibrate), got "${adapt.kind}"`);
    this.#floor = fit.dispersionFloor;
    const radii = [...fit.radii, ...(groups > 1 ? [fit.overallRadius] : []), ...(score.kind === 'normalized' ? [fit.absoluteRadius] : [])];
    this.#cells.startAt(radii.map((radius, t) => (adapt !== null && radius === Infinity && t < groups ? fit.overallRadius : radius)));
  }

  /** The interval of one row on the radii of this moment; nothing is remembered. */
  interval(context: AdaptiveContext): AdaptiveInterval {
    const one = (value: number | undefined): number[] | undefined => (value === undefined ? undefined : [value]);
    const { lower, upper, alphas, basisCounts } = this.intervals({ predictions: one(context.prediction), dispersion: one(context.dispersion), lower: one(context.lower), upper: one(context.upper), groups: one(context.group) } as ForecastRows);
    const basis = (Object.keys(basisCounts) as IntervalBasis[]).find((key) => basisCounts[key] === 1)!;
    return Object.freeze({ lower: lower[0], upper: upper[0], basis, alpha: alphas[0] });
  }

  /** {@link AdaptiveConformal.interval} of many rows. */
  intervals(rows: ForecastRows): AdaptiveIntervals {
    requireKnownKeys('intervals', rows, FORECAST_KEYS);
    const { score, groups } = this.#settings;
    return this.#cells.intervals(readForecasts('intervals', score, groups, this.#floor, rows), this.#cells.inForce);
  }

  /**
   * The intervals of a session's rows, remembered until their outcomes come.
   *
   * A session may be issued in several calls, on the radii of the first; a row issued again must be the same to the bit, and changes nothing.
   *
   * @throws DomainError for a session before the last one issued or already settled, an entity issued with other inputs, or a missing array
   */
  issue(forecasts: SessionForecasts): AdaptiveIntervals {
    const fn = 'issue';
    requireKnownKeys(fn, forecasts, [...FORECAST_KEYS, 'session', 'entities']);
    const { session, entities, ...rows } = forecasts;
    requireNumber(fn, 'session', session);
    const { score, groups } = this.#settings;
    const read = readForecasts(fn, score, groups, this.#floor, rows, entities && { entities });
    if (entities === undefined && read.length > 1) throw new DomainError(`${fn}: entities must be given for a session of several rows, got undefined`);
    return this.#issueRows(session, Array.from(read, (_, i) => (entities === undefined ? '' : String(entities[i]))), read);
  }

  /**
   * Takes outcomes in and makes the steps that have become due.
   *
   * Idempotent by (session, entity): an outcome that comes again changes nothing and is counted, and so is one that contradicts an earlier one.
   *
   * @throws ShapeError for arrays of different lengths
   */
  update(rows: OutcomeRows): UpdateReport {
    const fn = 'update';
    requireKnownKeys(fn, rows, ['sessions', 'entities', 'outcomes']);
    const { sessions, entities, outcomes } = rows;
    const n = requireSameLength(fn, { sessions, outcomes, ...(entities && { entities }) });
    const counts = { accepted: 0, repeated: 0, conflicting: 0, late: 0, unknown: 0 };
    for (let i = 0; i < n; i++) counts[this.#book.deliver(sessions[i], entities === undefined ? '' : String(entities[i]), outcomes[i])]++;
    return Object.freeze({ ...counts, settledSessions: this.#settle(0) });
  }

  /**
   * The intervals that `issue` would have given along a history, session by session, with the outcomes of session t handed over before session t + horizon is
   * issued. A task; {@link AdaptiveConformal.replay} and {@link AdaptiveConformal.replaySync} run it. Outcomes of the last `horizon` sessions are left to `update`.
   *
   * @returns in the order of the rows
   * @throws as `issue`
   */
  *replayTask(rows: ReplayRows): Task<AdaptiveIntervals> {
    const fn = 'replay';
    requireKnownKeys(fn, rows, [...FORECAST_KEYS, 'sessions', 'entities', 'outcomes']);
    const { sessions, entities, outcomes, ...forecastRows } = rows;
    const { score, groups, horizon } = this.#settings;
    const forecasts = readForecasts(fn, score, groups, this.#floor, forecastRows, { sessions, outcomes, ...(entities && { entities }) });
    const bySession = sessionsOf(fn, sessions).map((rows) => ({
      session: sessions[rows[0]],
      rows,
      names: Array.from(rows, (i, k) => (entities !== undefined ? String(entities[i]) : rows.length === 1 ? '' : String(k))),
    }));
    const [lower, upper, alphas] = [new Float64Array(outcomes.length), new Float64Array(outcomes.length), new Float64Array(outcomes.length)];
    const basisCounts = { group: 0, overall: 0, absolute: 0 };
    for (const [s, { session, rows: own, names }] of bySession.entries()) {
      if (s >= horizon) {
        const known = bySession[s - horizon];
        known.rows.forEach((i, k) => {
          this.#book.deliver(known.session, known.names[k], outcomes[i]);
        });
        this.#settle(0);
      }
      const issued = this.#issueRows(session, names, Array.from(own, (i) => forecasts[i]));
      for (let k = 0; k < own.length; k++) {
        lower[own[k]] = issued.lower[k];
        upper[own[k]] = issued.upper[k];
        alphas[own[k]] = issued.alphas[k];
      }
      for (const basis of ['group', 'overall', 'absolute'] as const) basisCounts[basis] += issued.basisCounts[basis];
      yield { phase: 'replaying', done: s + 1, total: bySession.length };
    }
    return Object.freeze({ lower, upper, alphas, basisCounts: Object.freeze(basisCounts) });
  }

  /** Runs {@link AdaptiveConformal.replayTask} without blocking the host. */
  replay(rows: ReplayRows, options: DriveOptions = {}): Promise<AdaptiveIntervals> {
    return drive(this.replayTask(rows), options);
  }

  /** Runs {@link AdaptiveConformal.replayTask} in one go. */
  replaySync(rows: ReplayRows, options: DriveOptions = {}): AdaptiveIntervals {
    return driveSync(this.replayTask(rows), options);
  }

  /** All of it as plain data for `toPlain`: 8 bytes a score in a window, some 30 a row that waits for its outcome. */
  get state(): AdaptiveConformalState {
    const { score } = this.#settings;
    const read = score.kind === 'cqr' ? (['lower', 'upper'] as const) : score.kind === 'normalized' ? (['prediction', 'dispersion'] as const) : (['prediction'] as const);
    return Object.freeze({
      kind: 'adaptive-conformal',
      settings: this.#settings,
      floor: this.#floor,
      tails: this.#cells.states,
      closedThrough: this.#book.closedThrough,
      book: this.#book.sessions.map(({ session, settled, radii, levels, rows }) => {
        const list = [...rows.values()];
        return {
          session,
          settled,
          radii: radii.slice(),
          levels: levels.slice(),
          entities: [...rows.keys()],
          values: Object.fromEntries(read.map((key) => [key === 'prediction' ? 'predictions' : key, Float64Array.from(list, ({ row }) => row[key]!)])),
          groups: Int32Array.from(list, ({ group }) => group),
          outcomes: Float64Array.from(list, ({ outcome }) => outcome ?? NaN),
          known: Uint8Array.from(list, ({ outcome }) => (outcome === undefined ? 0 : 1)),
        };
      }),
      coverage: this.#tracker.state,
    });
  }

  #issueRows(session: number, entities: readonly string[], forecasts: readonly Forecast[]): AdaptiveIntervals {
    const fn = 'issue';
    const last = this.#book.last;
    const open = last?.session === session ? last : undefined;
    if (open === undefined && session <= (last?.session ?? this.#book.closedThrough)) throw new DomainError(`${fn}: session must be after the last one issued, got ${session}`);
    const added = new Map<string, BookRow>();
    forecasts.forEach((forecast, i) => {
      const entity = entities[i];
      const earlier = added.get(entity) ?? open?.rows.get(entity);
      if (earlier === undefined && open?.settled === true) throw new DomainError(`${fn}: session ${session} must not be settled already`);
      if (earlier === undefined) added.set(entity, { row: forecast.row, group: forecast.group, outcome: undefined });
      else if (!sameForecast(earlier, forecast)) throw new DomainError(`${fn}: entity ${JSON.stringify(entity)} must be issued with the same inputs as before in session ${session}`);
    });
    if (open !== undefined) {
      for (const [entity, row] of added) open.rows.set(entity, row);
      return this.#cells.intervals(forecasts, open);
    }
    this.#settle(1); // the new session makes older ones overdue before its own radii are taken
    const { radii, levels } = this.#cells.inForce;
    this.#book.open({ session, radii, levels, rows: added, settled: false });
    return this.#cells.intervals(forecasts, { radii, levels });
  }

  #settle(opening: number): number {
    return this.#book.settle((session) => this.#step(session), opening);
  }

  #step({ session, radii, rows }: BookSession): void {
    const settled = [...rows.values()];
    this.#cells.step(settled, radii);
    const covered = this.#cells.covered(settled, radii);
    this.#tracker.add(session, covered, rows.size - covered.length);
  }
}

// Row indices of each session, sessions ascending.
function sessionsOf(fn: string, sessions: ArrayLike<number>): Uint32Array[] {
  const { ids, order, start } = sessionRows(fn, sessions);
  if (!ids.every(Number.isFinite)) throw new DomainError(`${fn}: sessions must be finite numbers, got ${ids.find((id) => !Number.isFinite(id))}`);
  return Array.from(ids, (_, s) => order.subarray(start[s], start[s + 1]));
}
