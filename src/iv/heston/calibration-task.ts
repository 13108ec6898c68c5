/** From a checked problem to a result without its `kind`. */
import type { DriveOptions, Task } from '../../core/drive.ts';
import { impliedTotalVol } from '../black/implied-total-vol.ts';
import { PARAMETER_RULES, toParameters } from './calibration-coordinates.ts';
import type { CalibrationQuotes } from './calibration-quotes.ts';
import type { CalibrationStart, CalibrationTable, CalibrationWarning, ModelCalibration } from './calibration-result.ts';
import { type CalibrationOutcome, type CalibrationProblem, type CalibrationRun, runCalibration } from './calibration-run.ts';
import { calibrationUncertainty, type CalibrationUncertainty } from './calibration-uncertainty.ts';

const USED = 0;
const UNPRICED = 4;
// Beyond this, noise of one part in a hundred moves a combination of parameters by its whole size.
const ILL_CONDITIONED = 100;
const SAME_OBJECTIVE = 1e-6;
const SAME_ON_SAMPLE = 1e-3; // runs on a sample stop earlier
// Smaller residuals than this are those of a perfect fit, where no relative measure can tell the end.
const PERFECT = 1e-9;

/** Options for the work and for driving it. */
export function divideOptions<T extends DriveOptions>(options: T): [Omit<T, keyof DriveOptions>, DriveOptions] {
  const { signal, onProgress, ...own } = options;
  return [own, { ...(signal && { signal }), ...(onProgress && { onProgress }) }];
}

/** Calibrates; `parametersOf` names the numbers of a vector. */
export function* calibrationTask<P extends object>(problem: CalibrationProblem, parametersOf: (vector: ArrayLike<number>) => P): Task<ModelCalibration<P>> {
  const { quotes, rows, coordinates } = problem;
  if (rows.length < coordinates.freeCount) return withoutParameters(problem, 'too-few-quotes', [], null);
  const outcome = yield* runCalibration(problem);
  const starts = outcome.runs.map((run) => startOf(problem, run, parametersOf));
  const { best, system } = outcome;
  if (best === null || system === null) return withoutParameters(problem, 'no-finite-start', starts, outcome);

  const vector = new Float64Array(coordinates.count);
  toParameters(coordinates, best.point, vector);
  const table = tableOf(problem, system.pricesAt(best.point));
  const numbers = numbersOf(quotes, rows, table);
  const jacobian = new Float64Array(system.residualCount * coordinates.freeCount);
  system.evaluate(best.point, new Float64Array(system.residualCount), jacobian);
  const uncertainty = calibrationUncertainty(coordinates, best.point, vector, jacobian, rows.length, numbers.objective);
  const fellerRatio = (2 * vector[1] * vector[2]) / (vector[3] * vector[3]);
  const atBound = coordinates.names.filter((_, j) => best.point[j] <= coordinates.lower[j] || best.point[j] >= coordinates.upper[j]);
  const startsAtBest = outcome.runs.filter((run) => run.objective <= bestObjective(outcome) * (1 + (outcome.isSampled ? SAME_ON_SAMPLE : SAME_OBJECTIVE)) + 1e-14 * rows.length).length;
  const isPerfect = numbers.rmseVol < PERFECT;
  const facts = { uncertainty, fellerRatio, atBound, startsAtBest, missing: countOf(quotes, 1), unpriced: numbers.unpricedCount };
  return {
    status: isPerfect && outcome.reason === 'stalled' ? 'converged' : outcome.reason,
    parameters: parametersOf(vector),
    standardErrors: Object.freeze(namedErrors(uncertainty.standardErrors)) as Readonly<Record<keyof P, number | null>>,
    estimateCorrelation: Object.freeze(Array.from(vector, (_, i) => Object.freeze(Array.from(vector, (_, j) => orNull(uncertainty.correlation[i * vector.length + j]))))),
    conditionNumber: uncertainty.conditionNumber,
    weakestDirection: Object.freeze(Object.fromEntries(coordinates.names.map((name, j) => [name, uncertainty.weakestDirection[j]]))),
    objective: numbers.objective,
    rmseVol: numbers.rmseVol,
    worstVolError: numbers.worstVolError,
    insideShare: numbers.insideShare,
    fellerRatio,
    atBound: Object.freeze(atBound),
    pricingError: outcome.pricingError,
    ...countsOf(problem),
    unpricedCount: numbers.unpricedCount,
    starts: Object.freeze(starts),
    startsAtBest,
    iterations: outcome.iterations,
    evaluations: outcome.evaluations,
    warnings: Object.freeze(warningsOf(facts, outcome, numbers.rmseVol)),
    quotes: table,
  };
}

function bestObjective(outcome: CalibrationOutcome): number {
  return outcome.runs.reduce((least, run) => (run.objective < least ? run.objective : least), Infinity);
}

function withoutParameters<P>(problem: CalibrationProblem, status: 'too-few-quotes' | 'no-finite-start', starts: readonly CalibrationStart<P>[], outcome: CalibrationOutcome | null): ModelCalibration<P> {
  return {
    status,
    parameters: null,
    standardErrors: null,
    estimateCorrelation: null,
    conditionNumber: null,
    weakestDirection: null,
    objective: null,
    rmseVol: null,
    worstVolError: null,
    insideShare: null,
    fellerRatio: null,
    atBound: Object.freeze([]),
    pricingError: null,
    ...countsOf(problem),
    unpricedCount: 0,
    starts: Object.freeze(starts),
    startsAtBest: 0,
    iterations: outcome?.iterations ?? 0,
    evaluations: outcome?.evaluations ?? 0,
    warnings: Object.freeze(countOf(problem.quotes, 1) > 0 ? (['missing-quotes'] as const) : []),
    quotes: tableOf(problem, null),
  };
}

function countsOf({ quotes, rows }: CalibrationProblem): Pick<ModelCalibration<unknown>, 'weighting' | 'usedCount' | 'missingCount' | 'unusableCount' | 'unweightedCount'> {
  return { weighting: quotes.weighting, usedCount: rows.length, missingCount: countOf(quotes, 1), unusableCount: countOf(quotes, 2), unweightedCount: countOf(quotes, 3) };
}

function countOf({ status }: CalibrationQuotes, code: number): number {
  return status.reduce((count, value) => count + (value === code ? 1 : 0), 0);
}

function startOf<P>({ coordinates }: CalibrationProblem, run: CalibrationRun, parametersOf: (vector: ArrayLike<number>) => P): CalibrationStart<P> {
  const hasEnd = run.reason !== 'no-finite-start';
  const found = new Float64Array(coordinates.count);
  toParameters(coordinates, run.point, found);
  const { origin, start, objective, reason, iterations, evaluations } = run;
  return Object.freeze({ origin, start: parametersOf(start), found: hasEnd ? parametersOf(found) : null, objective: hasEnd ? objective : null, reason, iterations, evaluations });
}

// Null prices: nothing was found.
function tableOf({ quotes, rows, residual }: CalibrationProblem, prices: Float64Array | null): CalibrationTable {
  const n = quotes.status.length;
  const modelVol = new Float64Array(n).fill(NaN);
  const volError = new Float64Array(n).fill(NaN);
  const weighted = new Float64Array(n).fill(NaN);
  const status = quotes.status.slice();
  for (let i = 0; prices !== null && i < rows.length; i++) {
    const row = rows[i];
    const total = impliedTotalVol(-Math.abs(quotes.logMoneyness[row]), prices[i]);
    if (total > 0 && total < Infinity) {
      modelVol[row] = total / Math.sqrt(quotes.expiryYears[row]);
      volError[row] = modelVol[row] - quotes.marketVol[row];
    } else status[row] = UNPRICED;
    const unit = residual === 'relative-price' ? quotes.marketPrice[row] : quotes.marketVega[row];
    weighted[row] = quotes.weight[row] * (residual === 'vol' ? volError[row] : (prices[i] - quotes.marketPrice[row]) / unit);
  }
  return Object.freeze({ expiryYears: quotes.expiryYears, logMoneyness: quotes.logMoneyness, strike: quotes.strike, marketVol: quotes.marketVol, modelVol, volError, residual: weighted, status });
}

interface Numbers {
  readonly objective: number;
  readonly rmseVol: number;
  readonly worstVolError: number;
  readonly insideShare: number | null;
  readonly unpricedCount: number;
}

function numbersOf({ bidVol, askVol }: CalibrationQuotes, rows: Int32Array, table: CalibrationTable): Numbers {
  let objective = 0;
  let squares = 0;
  let worstVolError = 0;
  let unpricedCount = 0;
  let both = 0;
  let inside = 0;
  for (const row of rows) {
    objective += table.residual[row] * table.residual[row];
    if (table.status[row] !== USED) {
      unpricedCount++;
      continue;
    }
    const error = table.volError[row];
    squares += error * error;
    worstVolError = Math.max(worstVolError, Math.abs(error));
    if (!(bidVol[row] >= 0 && askVol[row] >= bidVol[row])) continue;
    both++;
    if (table.modelVol[row] >= bidVol[row] && table.modelVol[row] <= askVol[row]) inside++;
  }
  return { objective, rmseVol: Math.sqrt(squares / Math.max(1, rows.length - unpricedCount)), worstVolError, insideShare: both > 0 ? inside / both : null, unpricedCount };
}

interface Facts {
  readonly uncertainty: CalibrationUncertainty;
  readonly fellerRatio: number;
  readonly atBound: readonly string[];
  readonly startsAtBest: number;
  readonly missing: number;
  readonly unpriced: number;
}

function warningsOf(facts: Facts, outcome: CalibrationOutcome, rmseVol: number): CalibrationWarning[] {
  const warnings: CalibrationWarning[] = [];
  if (!(facts.uncertainty.conditionNumber <= ILL_CONDITIONED)) warnings.push('ill-conditioned');
  if (facts.atBound.length > 0) warnings.push('at-bound');
  if (facts.fellerRatio < 1 - 1e-9) warnings.push('feller-violated');
  if (facts.startsAtBest < outcome.runs.length) warnings.push('starts-disagree');
  if (facts.missing > 0) warnings.push('missing-quotes');
  if (facts.unpriced > 0) warnings.push('unpriced-quotes');
  if (!(outcome.pricingError <= Math.max(1e-9, 1e-3 * rmseVol))) warnings.push('pricing-error');
  return warnings;
}

function namedErrors(errors: Float64Array): Record<string, number | null> {
  return Object.fromEntries(Array.from(errors, (error, j) => [PARAMETER_RULES[j].name, orNull(error)]));
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
