/** The course of a calibration: starts on all quotes or a sample, the best refined on all, prices checked against finer ones. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, show } from '../../core/assert.ts';
import type { Task } from '../../core/drive.ts';
import { DomainError } from '../../core/errors.ts';
import { levenbergMarquardt, type LeastSquaresSolver, type LevenbergMarquardtFit } from '../../core/levenberg-marquardt.ts';
import type { SmileQuotes } from '../option.ts';
import { type CalibrationCoordinates, calibrationCoordinates, type ParameterBounds, toParameters, toPoint } from './calibration-coordinates.ts';
import { type CalibrationQuotes, calibrationQuotes, type HestonResidual, type HestonVolGrid, type HestonWeights } from './calibration-quotes.ts';
import { recordedSystem } from './calibration-replay.ts';
import { sampleRows, startsFromQuotes } from './calibration-starts.ts';
import { type CalibrationSystem, calibrationSystem } from './calibration-system.ts';

/** Options of all calibrations; `P` are the model's parameters. */
export interface CalibrationOptions<P> {
  /** What a difference of model and market is measured in. @default 'vol' */
  readonly residual?: HestonResidual;
  /** What a quote counts. @default 'spread', which is 'uniform' where no quote has bid and ask */
  readonly weights?: HestonWeights;
  /** Own starts; values beyond the bounds are moved onto them. @default none */
  readonly starts?: readonly P[];
  /** How many starts are read off the quotes, at most 3. @default 3, or 0 when `starts` are given */
  readonly quoteStarts?: number;
  /** Parameters that are known. @default none */
  readonly fixed?: Readonly<Partial<P>>;
  /**
   * Smallest and largest value of a parameter. @default [1e-6, 25] for variances, [0.001, 1000] for mean reversion, [0.001, 100] for vol of variance,
   * [-0.999, 0.999] for correlation
   */
  readonly bounds?: Readonly<Partial<Record<keyof P, ParameterBounds>>>;
  /**
   * `ignore`: report only; `hold`: sigma^2 <= 2 kappa theta, as a bound; or an added residual `penalty * max(0, ln(sigma^2 / (2 kappa theta)))`.
   * Index options mostly violate the condition, and nothing breaks when they do. @default 'ignore'
   */
  readonly feller?: 'ignore' | 'hold' | { readonly penalty: number };
  /** Any solver of core: ours, or `mlLevenbergMarquardt`. @default levenbergMarquardt */
  readonly solver?: LeastSquaresSolver;
  /** Of the solver, per start. @default 100 */
  readonly maxIterations?: number;
}

/** Keys of `CalibrationOptions`. */
const CALIBRATION_OPTION_KEYS: readonly string[] = Object.freeze(['residual', 'weights', 'starts', 'quoteStarts', 'fixed', 'bounds', 'feller', 'solver', 'maxIterations']);

export interface CalibrationProblem {
  readonly quotes: CalibrationQuotes;
  /** Rows of status `used`, ascending. */
  readonly rows: Int32Array;
  readonly coordinates: CalibrationCoordinates;
  readonly residual: HestonResidual;
  readonly fellerPenalty: number;
  readonly solver: LeastSquaresSolver;
  readonly maxIterations: number;
  /** Checked vectors of given starts. */
  readonly givenStarts: readonly Float64Array[];
  readonly quoteStarts: number;
}

/** One run of the solver, in vectors. */
export interface CalibrationRun {
  readonly origin: 'given' | 'quotes';
  readonly start: Float64Array;
  readonly point: Float64Array;
  readonly objective: number;
  readonly reason: 'converged' | 'max-iterations' | 'stalled' | 'no-finite-start';
  readonly iterations: number;
  readonly evaluations: number;
}

export interface CalibrationOutcome {
  readonly runs: readonly CalibrationRun[];
  /** The runs saw a sample of the quotes. */
  readonly isSampled: boolean;
  /** Null when no start has finite residuals. */
  readonly best: CalibrationRun | null;
  /** How the last run from the best ended. */
  readonly reason: CalibrationRun['reason'];
  /** The system that was solved last. */
  readonly system: CalibrationSystem | null;
  /** Largest difference to finer prices at the edges of each expiry, in volatility. */
  readonly pricingError: number;
  readonly iterations: number;
  readonly evaluations: number;
}

/** Checks everything the caller gives. `vectorOf` checks a start. */
export function calibrationProblem<P>(
  fn: string,
  source: readonly SmileQuotes[] | HestonVolGrid,
  options: CalibrationOptions<P>,
  { count, vectorOf }: { readonly count: number; readonly vectorOf: (start: P) => Float64Array },
): CalibrationProblem {
  requireKnownKeys(fn, options, CALIBRATION_OPTION_KEYS);
  const { residual = 'vol', weights = 'spread', starts = [], feller = 'ignore', solver = levenbergMarquardt, maxIterations = 100 } = options;
  requireOneOf(fn, 'residual', residual, ['vol', 'price-over-vega', 'relative-price']);
  requireInteger(fn, 'maxIterations', maxIterations, { min: 1 });
  if (!Array.isArray(starts)) throw new DomainError(`${fn}: starts must be an array of parameters, got ${show(starts)}`);
  if (typeof solver !== 'function') throw new DomainError(`${fn}: solver must be a function, got ${show(solver)}`);
  const quoteStarts = requireInteger(fn, 'quoteStarts', options.quoteStarts ?? (starts.length > 0 ? 0 : 3), { min: starts.length > 0 ? 0 : 1, max: 3 });
  let fellerPenalty = 0;
  if (typeof feller === 'string') requireOneOf(fn, 'feller', feller, ['ignore', 'hold']);
  else fellerPenalty = requireNumber(fn, 'feller.penalty', feller.penalty, { min: 0 });
  const fixed = (options.fixed ?? {}) as Record<string, number>;
  const bounds = (options.bounds ?? {}) as Record<string, ParameterBounds>;
  const coordinates = calibrationCoordinates(fn, { count, fixed, bounds, holdFeller: feller === 'hold' });
  const givenStarts = starts.map((start: P) => vectorOf(start).slice(0, count));
  const quotes = calibrationQuotes(fn, source, residual, weights);
  const rows = Int32Array.from(quotes.status.keys()).filter((row) => quotes.status[row] === 0);
  return { quotes, rows, coordinates, residual, fellerPenalty, solver, maxIterations, givenStarts, quoteStarts };
}

const FULL_TOLERANCE = 1e-10;
const SAMPLE_TOLERANCE = 1e-5;
const LONGEST_STEP = 2;
const SAMPLE_EXPIRIES = 12;
const SAMPLE_QUOTES = 7;
// Prices are recomputed this much finer to see their error.
const FINER = 1e-3;
const FINEST = 1e-13;
// Errors of volatilities by integration may be this share of the residuals, or rounding.
const ERROR_SHARE = 1e-5;
const ROUNDING_ERROR = 1e-11;
// Iterations of the solver in a piece: those of small systems, with jumps, and residuals computed in one of large systems.
const SMALL_SYSTEM = 252;
const PIECE_OF_SMALL = 100;
const PIECE_WITH_JUMPS = 8;
const PIECE_RESIDUALS = 8000;
const PIECE_RESIDUALS_WITH_JUMPS = 2000;
const MOST_REMEMBERED = 8e6; // numbers, 64 MB
const LAST_ROUND = 3;
const EDGES_AT_ONCE = 40;
// Shares of the tolerance: at first more than errors ever are, for a fit that looks perfect is always solved again; then what they mostly are.
const FIRST_NOISE = 10;
const LAST_NOISE = 0.02;

/** Runs all starts and refines the best. */
export function* runCalibration(problem: CalibrationProblem): Task<CalibrationOutcome> {
  const { quotes, rows, coordinates, residual, fellerPenalty } = problem;
  const sample = sampleRows(quotes, rows, SAMPLE_EXPIRIES, SAMPLE_QUOTES);
  let isSampled = sample !== rows;
  const tolerance = Math.min(1e-6, Math.max(1e-9, 1e-5 * leastShare(quotes, rows, residual)));
  const systemFor = (used: Int32Array, sharpness: number, noiseShare: number): CalibrationSystem =>
    calibrationSystem({ quotes, rows: used, coordinates, residual, fellerPenalty, tolerance: sharpness, noiseShare });
  const system = systemFor(sample, tolerance, FIRST_NOISE);
  let runs = yield* runStarts(problem, system, isSampled ? SAMPLE_TOLERANCE : FULL_TOLERANCE);
  let best = bestOf(runs);
  let iterations = 0;
  let evaluations = 0;
  const count = (done: Pick<CalibrationRun, 'iterations' | 'evaluations'>): void => {
    iterations += done.iterations;
    evaluations += done.evaluations;
  };
  runs.forEach(count);
  const nothing = (): CalibrationOutcome => ({ runs, isSampled, best: null, reason: 'no-finite-start', system: null, pricingError: NaN, iterations, evaluations });
  if (best === null) return nothing();

  // What the solver saw must agree with finer prices; where it does not, it goes on with those.
  let { point, objective, reason } = best;
  let current = isSampled ? systemFor(rows, tolerance, FIRST_NOISE) : system;
  let pricingError = NaN;
  for (let round = 0; round <= LAST_ROUND; round++) {
    yield { phase: 'refine', done: round, total: LAST_ROUND + 1 };
    if (round > 0 || sample !== rows) {
      const tight = Math.max(FINEST, current.tolerance * FINER);
      const next = round === 0 ? current : systemFor(rows, tight, LAST_NOISE);
      // Options that still lack digits on a finer curve are integrated one by one.
      if (round > 1) next.alone.set(compareSystems(problem, current, next, point).lacking);
      const run = yield* solve(problem, next, point, FULL_TOLERANCE);
      count(run);
      if (run.reason === 'no-finite-start' && round > 0) {
        reason = 'stalled';
        break;
      }
      if (run.reason === 'no-finite-start') {
        // The minimum on the sample leaves other quotes without a price: the starts have to see them all.
        runs = yield* runStarts(problem, next, FULL_TOLERANCE);
        runs.forEach(count);
        best = bestOf(runs);
        if (best === null) return nothing();
        isSampled = false;
      }
      ({ point, objective, reason } = run.reason === 'no-finite-start' ? best : run);
      current = next;
    }
    // What looks perfect is solved again in any case.
    if (round === 0 && objective === 0) continue;
    const compared = yield* compareEdges(problem, current, point, round > 0, systemFor);
    evaluations++;
    pricingError = compared.largest;
    if (!compared.isLacking) break;
  }
  yield { phase: 'refine', done: LAST_ROUND + 1, total: LAST_ROUND + 1 };
  return { runs, isSampled, best: { ...best, point }, reason, system: current, pricingError, iterations, evaluations };
}

function* runStarts(problem: CalibrationProblem, system: CalibrationSystem, costTolerance: number): Task<readonly CalibrationRun[]> {
  const { quotes, rows, coordinates, quoteStarts, givenStarts } = problem;
  const fromQuotes = startsFromQuotes(quotes, rows, coordinates.count).slice(0, quoteStarts);
  const starts = [...givenStarts.map((start) => ({ origin: 'given' as const, start })), ...fromQuotes.map((start) => ({ origin: 'quotes' as const, start }))];
  const runs: CalibrationRun[] = [];
  for (const { origin, start } of starts) {
    yield { phase: 'starts', done: runs.length, total: starts.length };
    const initial = initialPoint(coordinates, start);
    if (origin === 'quotes') ensureTails(system, coordinates, start, initial);
    runs.push({ ...(yield* solve(problem, system, initial, costTolerance)), origin, start });
    if (runs[runs.length - 1].objective === 0) break; // to the noise of prices: no other start can be better
  }
  yield { phase: 'starts', done: starts.length, total: starts.length };
  return runs;
}

function bestOf(runs: readonly CalibrationRun[]): CalibrationRun | null {
  let best: CalibrationRun | null = null;
  for (const run of runs) if (run.reason !== 'no-finite-start' && (best === null || run.objective < best.objective)) best = run;
  return best;
}

// Errors of prices are a share of an at-the-money price; those of residuals are larger by one over this.
function leastShare({ marketPrice, marketVega, marketVol, expiryYears }: CalibrationQuotes, rows: Int32Array, residual: HestonResidual): number {
  const unit = residual === 'relative-price' ? marketPrice : marketVega;
  let least = 1;
  for (const row of rows) least = Math.min(least, unit[row] / (0.4 * marketVol[row] * Math.sqrt(expiryYears[row])));
  return least;
}

function initialPoint(coordinates: CalibrationCoordinates, start: Float64Array): Float64Array {
  return toPoint(coordinates, start.map((value, j) => (Number.isNaN(coordinates.fixed[j]) ? value : coordinates.fixed[j])));
}

// Far quotes may have no price under thin tails: our own starts get fatter ones.
function ensureTails(system: CalibrationSystem, coordinates: CalibrationCoordinates, start: Float64Array, point: Float64Array): void {
  const residuals = new Float64Array(system.residualCount);
  for (let attempt = 0; attempt < 4 && !system.evaluate(point, residuals, null); attempt++) {
    start[3] *= 2;
    point.set(initialPoint(coordinates, start));
  }
}

// The solver in pieces, so that large chains do not hold the host for long.
function* solve(problem: CalibrationProblem, system: CalibrationSystem, initial: Float64Array, costTolerance: number): Task<Omit<CalibrationRun, 'origin' | 'start'>> {
  const { solver, coordinates, maxIterations } = problem;
  const { lower, upper } = coordinates;
  const before = system.evaluated();
  const piece = pieceOf(coordinates.count > 5, system.residualCount);
  if (piece === 1) {
    // A large system is evaluated once in a piece, the first time in several.
    for (let next = system.prepare(initial, 0); next >= 0; next = system.prepare(initial, next)) yield { phase: 'solver', done: 0, total: maxIterations };
    system.pricesAt(initial);
    yield { phase: 'solver', done: 0, total: maxIterations };
  }
  const recorded = piece < maxIterations ? recordedSystem(system) : null;
  let point = initial;
  let earlier = 0;
  for (let end = piece; ; end += piece) {
    const most = Math.min(end, maxIterations - earlier);
    recorded?.rewind();
    const fit: LevenbergMarquardtFit = solver(recorded ?? system, { initial: point, lower, upper, maxIterations: most, maxStep: LONGEST_STEP, costTolerance });
    const iterations = earlier + fit.iterations;
    if (fit.reason !== 'max-iterations' || most === maxIterations - earlier) {
      const reason = fit.converged ? 'converged' : fit.reason === 'no-improvement' ? 'stalled' : fit.reason === 'not-finite' ? 'no-finite-start' : 'max-iterations';
      return { point: fit.parameters, objective: 2 * fit.cost, reason, iterations, evaluations: system.evaluated() - before };
    }
    if (recorded !== null && recorded.size() > MOST_REMEMBERED) {
      recorded.clear();
      point = fit.parameters;
      earlier = iterations;
      end = 0;
    }
    yield { phase: 'solver', done: iterations, total: maxIterations };
  }
}

function pieceOf(hasJumps: boolean, residualCount: number): number {
  if (hasJumps) return Math.max(1, Math.min(PIECE_WITH_JUMPS, Math.floor(PIECE_RESIDUALS_WITH_JUMPS / residualCount)));
  return residualCount <= SMALL_SYSTEM ? PIECE_OF_SMALL : Math.max(1, Math.floor(PIECE_RESIDUALS / residualCount));
}

// The lowest and highest strike of each expiry on both sides of the forward, where shared curves lose digits first.
function edgeRows(quotes: CalibrationQuotes, rows: Int32Array): Int32Array {
  const edges = new Set<number>();
  for (let e = 0, at = 0; e + 1 < quotes.offsets.length; e++) {
    const extreme = [-1, -1, -1, -1];
    const k = (row: number): number => quotes.logMoneyness[row];
    for (; at < rows.length && rows[at] < quotes.offsets[e + 1]; at++) {
      const row = rows[at];
      const side = k(row) <= 0 ? 0 : 2;
      if (extreme[side] < 0 || k(row) < k(extreme[side])) extreme[side] = row;
      if (extreme[side + 1] < 0 || k(row) > k(extreme[side + 1])) extreme[side + 1] = row;
    }
    for (const row of extreme) if (row >= 0) edges.add(row);
  }
  return Int32Array.from(edges).sort();
}

// In pieces of a few expiries; `alone` by a method that shares no curve.
function* compareEdges(problem: CalibrationProblem, current: CalibrationSystem, point: Float64Array, isAlone: boolean, systemFor: (rows: Int32Array, tolerance: number, noiseShare: number) => CalibrationSystem): Task<Pick<Comparison, 'largest' | 'isLacking'>> {
  const rows = edgeRows(problem.quotes, problem.rows);
  const tolerance = Math.max(FINEST, current.tolerance * FINER);
  let largest = 0;
  let isLacking = false;
  for (let start = 0; start < rows.length; start += EDGES_AT_ONCE) {
    const edges = systemFor(rows.subarray(start, start + EDGES_AT_ONCE), tolerance, LAST_NOISE);
    if (isAlone) edges.alone.fill(1);
    const compared = compareSystems(problem, current, edges, point);
    if (!(compared.largest <= largest)) largest = compared.largest;
    isLacking = isLacking || compared.isLacking;
    yield { phase: 'compare', done: Math.min(rows.length, start + EDGES_AT_ONCE), total: rows.length };
  }
  return { largest, isLacking };
}

interface Comparison {
  readonly largest: number;
  /** An error is not small beside the residuals. */
  readonly isLacking: boolean;
  /** Of each option of the finer system. */
  readonly lacking: Uint8Array;
}

// Differences of prices in volatility; the finer system may hold only some of the rows.
function compareSystems({ quotes, coordinates }: CalibrationProblem, coarse: CalibrationSystem, finer: CalibrationSystem, point: Float64Array): Comparison {
  const vector = new Float64Array(coordinates.count);
  toParameters(coordinates, point, vector);
  const seen = coarse.pricesAt(point);
  const prices = new Float64Array(finer.rows.length);
  finer.price(vector, prices);
  let squares = 0;
  for (let i = 0; i < seen.length; i++) {
    const row = coarse.rows[i];
    const distance = (seen[i] - quotes.marketPrice[row]) / quotes.marketVega[row];
    squares += distance * distance;
  }
  const allowed = Math.max(ROUNDING_ERROR, ERROR_SHARE * Math.sqrt(squares / seen.length));
  const lacking = new Uint8Array(prices.length);
  let largest = 0;
  for (let i = 0, at = 0; i < prices.length; i++) {
    while (coarse.rows[at] < finer.rows[i]) at++;
    const error = Math.abs(prices[i] - seen[at]) / quotes.marketVega[finer.rows[i]];
    if (!(error <= largest)) largest = error;
    if (!(error <= allowed)) lacking[i] = 1;
  }
  return { largest, isLacking: !(largest <= allowed), lacking };
}
