/** The radii of all groups: which one serves a row, and how each follows the scores. */
import type { AdaptiveConformalSettings } from '../conformal-options.ts';
import type { AdaptiveIntervals } from '../conformal-rows.ts';
import type { IntervalBasis } from '../interval.ts';
import { isTwoTailed, lowerScore, scoreInterval, tailAlpha, upperScore } from '../score.ts';
import type { ConformalScore, ScoreRow } from '../score.ts';
import type { CoveredRow } from './coverage-tracker.ts';
import type { Forecast } from './forecast-rows.ts';
import { AdaptiveTail } from './tail.ts';
import type { TailOptions, TailState } from './tail.ts';

const ABSOLUTE: ConformalScore = Object.freeze({ kind: 'absolute' });

/** One number for each tail. */
interface InForce {
  readonly radii: Float64Array;
  readonly levels: Float64Array;
}

type ScoredForecast = Forecast & { readonly outcome: number | undefined };

/** Cells in the order groups, overall (several groups), absolute (normalised score); in each cell the upper tail before the lower. */
export class ScoreCells {
  readonly #settings: AdaptiveConformalSettings;
  readonly #perCell: number;
  #tails: AdaptiveTail[];
  #inForce: InForce | undefined; // of all tails, until one moves

  constructor(settings: AdaptiveConformalSettings, states?: readonly TailState[]) {
    this.#settings = settings;
    this.#perCell = isTwoTailed(settings.score) ? 2 : 1;
    this.#tails = this.#newTails(states);
  }

  /** Radii and levels of this moment. */
  get inForce(): InForce {
    this.#inForce ??= { radii: Float64Array.from(this.#tails, (tail) => tail.radius), levels: Float64Array.from(this.#tails, (tail) => tail.level) };
    return this.#inForce;
  }

  get states(): TailState[] {
    return this.#tails.map((tail) => tail.state);
  }

  /** Starts afresh on sessions of rows with outcomes, oldest first. */
  start(sessions: readonly (readonly ScoredForecast[])[]): void {
    const scores = sessions.map((rows) => this.#scoresByTail(rows));
    this.#tails = this.#newTails();
    this.#inForce = undefined;
    const overall = this.#overall * this.#perCell;
    for (let t = this.#tails.length - 1; t >= 0; t--) {
      const fallback = t < overall ? this.#tails[overall + (t % this.#perCell)].radius : Infinity;
      this.#tails[t].start(scores.map((byTail) => byTail[t]), fallback);
    }
  }

  /** Starts every tail at a radius, shape (tails). */
  startAt(radii: readonly number[]): void {
    this.#tails.forEach((tail, t) => {
      tail.startAt(radii[t]);
    });
    this.#inForce = undefined;
  }

  /** One step of every tail for the rows of a session, which were issued on `radii`. */
  step(rows: readonly ScoredForecast[], radii: Float64Array): void {
    const byTail = this.#scoresByTail(rows);
    this.#tails.forEach((tail, t) => {
      tail.step(byTail[t], radii[t]);
    });
    this.#inForce = undefined;
  }

  /** Intervals on the radii that were in force at some time. */
  intervals(forecasts: readonly Forecast[], { radii, levels }: InForce): AdaptiveIntervals {
    const n = forecasts.length;
    const [lower, upper, alphas] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    const basisCounts = { group: 0, overall: 0, absolute: 0 };
    const perCell = this.#perCell;
    forecasts.forEach((forecast, i) => {
      const { cell, score, basis } = this.#served(forecast);
      const first = cell * perCell;
      const last = first + perCell - 1;
      ({ lower: lower[i], upper: upper[i] } = scoreInterval(score, forecast.row, radii[last], radii[first]));
      alphas[i] = perCell === 1 ? levels[first] : levels[first] + levels[last];
      basisCounts[basis]++;
    });
    return Object.freeze({ lower, upper, alphas, basisCounts: Object.freeze(basisCounts) });
  }

  /** Whether rows with an outcome and an interval were inside it, on the radii they were issued on. */
  covered(rows: readonly ScoredForecast[], radii: Float64Array): CoveredRow[] {
    const perCell = this.#perCell;
    return rows.flatMap((forecast) => {
      const { cell, score } = this.#served(forecast);
      const [high, low] = [radii[cell * perCell], radii[cell * perCell + perCell - 1]];
      const { lower, upper } = scoreInterval(score, forecast.row, low, high);
      const outcome = forecast.outcome ?? NaN;
      const above = upperScore(score, forecast.row, outcome);
      if (above !== above || lower !== lower) return [];
      const width = lower > upper ? 'empty' : lower === -Infinity || upper === Infinity ? 'infinite' : 'finite';
      return [{ group: forecast.group, inside: above <= high && lowerScore(score, forecast.row, outcome) <= low, width } as const];
    });
  }

  // Index of the cell of all rows.
  get #overall(): number {
    return this.#settings.groups > 1 ? this.#settings.groups : 0;
  }

  #newTails(states?: readonly TailState[]): AdaptiveTail[] {
    const { adapt, alpha, score, groups, overlap, minimumGroupRows } = this.#settings;
    const cells = this.#overall + 1 + (score.kind === 'normalized' ? 1 : 0);
    return Array.from({ length: cells * this.#perCell }, (_, t) => {
      const options: TailOptions = { adapt, alpha: tailAlpha(score, alpha), overlap, minimumRows: t < groups * this.#perCell ? minimumGroupRows : 1 };
      return new AdaptiveTail(options, states?.[t]);
    });
  }

  // The cell that serves a row, the score it is served with, and what the interval rests on.
  #served({ row, group }: Forecast): { cell: number; score: ConformalScore; basis: IntervalBasis } {
    const { score } = this.#settings;
    if (score.kind === 'normalized' && row.dispersion !== row.dispersion) return { cell: this.#overall + 1, score: ABSOLUTE, basis: 'absolute' };
    return group < 0 ? { cell: this.#overall, score, basis: 'overall' } : { cell: group, score, basis: 'group' };
  }

  // Scores of a session's rows that have them, for each tail: in the row's group, among all rows, and as |residual|.
  #scoresByTail(rows: Iterable<ScoredForecast>): number[][] {
    const { score, groups } = this.#settings;
    const perCell = this.#perCell;
    const byTail: number[][] = this.#tails.map(() => []);
    const put = (cell: number, kind: ConformalScore, row: ScoreRow, outcome: number): void => {
      for (let side = 0; side < perCell; side++) {
        const value = (side === 0 ? upperScore : lowerScore)(kind, row, outcome);
        if (value === value) byTail[cell * perCell + side].push(value);
      }
    };
    for (const { row, group, outcome = NaN } of rows) {
      if (group >= 0) put(group, score, row, outcome);
      if (groups > 1) put(this.#overall, score, row, outcome);
      else if (group < 0) put(0, score, row, outcome);
      if (score.kind === 'normalized') put(this.#overall + 1, ABSOLUTE, row, outcome);
    }
    return byTail;
  }
}
