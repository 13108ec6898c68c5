/** Decoded state that may come from anyone's file, checked by hand: a fit that passes can be applied safely, and gives probabilities. */
import { SchemaError } from '../core/errors.ts';
import { count, object, oneOf, real, within } from '../core/shape.ts';
import type { Shape } from '../core/shape.ts';
import { CALIBRATOR_METHODS } from './calibrator.ts';
import type { CalibratorFit, ChosenCalibratorFit, SingleCalibratorFit } from './calibrator.ts';
import { checkPlattFit } from './check.ts';
import { chosenFit } from './choose.ts';
import type { MultinomialFit } from './multinomial.ts';
import type { TemperatureFit } from './temperature.ts';

const FALLBACKS = ['too-few-rows', 'one-class', 'constant-scores', 'not-converged', 'inverted'];
const REASONS = ['lowest-loss', 'within-error', 'below-base-rate', 'few-rows', 'only-candidate', 'too-few-sessions', 'separable', ...FALLBACKS];

const flag = oneOf(true, false);
const finite = within(-Number.MAX_VALUE, Number.MAX_VALUE);
const atLeastZero = within(0, Number.MAX_VALUE);
const probability = within(0, 1);
const counts = { n: count, missingRows: count };
const labelCounts = { ...counts, positives: count };

/** A Float64Array whose values all have the shape. */
function vector(shape: Shape): Shape {
  return (value, path) => {
    if (!(value instanceof Float64Array)) throw new SchemaError(`${path} must be a Float64Array`);
    for (let i = 0; i < value.length; i++) shape(value[i], `${path}[${i}]`);
  };
}

const SHAPES: Readonly<Record<string, Shape>> = {
  'base-rate': object({ kind: oneOf('base-rate'), probability, ...labelCounts }),
  temperature: object({ kind: oneOf('temperature'), method: oneOf('temperature', 'identity', 'uniform'), reason: oneOf(null, 'separable', ...FALLBACKS), temperature: real, classCount: count, ...counts }),
  beta: object({ kind: oneOf('beta'), method: oneOf('beta', 'base-rate'), reason: oneOf(null, 'separable', ...FALLBACKS), a: atLeastZero, b: atLeastZero, c: finite, ...labelCounts }),
  histogram: object({ kind: oneOf('histogram'), edges: vector(finite), probabilities: vector(probability), binWeights: vector(atLeastZero), monotone: flag, ...labelCounts }),
  'smooth-isotonic': object({ kind: oneOf('smooth-isotonic'), method: oneOf('smooth-isotonic', 'base-rate'), reason: oneOf(null, ...FALLBACKS), knots: vector(finite), values: vector(probability), ...labelCounts }),
  'venn-abers': object({ kind: oneOf('venn-abers'), lowerScores: vector(finite), lower: vector(probability), upperScores: vector(finite), upper: vector(probability), ...labelCounts }),
  isotonic: object({ kind: oneOf('isotonic'), thresholds: vector(finite), values: vector(probability), increasing: flag, outOfBounds: oneOf('clip', 'nan'), ...counts }),
  multinomial: object({ kind: oneOf('multinomial'), method: oneOf('multinomial', 'base-rate'), reason: oneOf(null, 'too-few-rows', 'missing-class', 'not-converged'), classCount: count, scoreCount: count, coefficients: vector(finite), intercepts: vector(finite), ...counts }),
};

const CANDIDATE = object({ method: oneOf(...CALIBRATOR_METHODS), loss: real, standardError: real, reason: oneOf(null, 'too-few-rows', 'scale', 'not-judged') });
const CHOSEN = object({
  kind: oneOf('chosen'), method: oneOf(...CALIBRATOR_METHODS), reason: oneOf(...REASONS), scale: oneOf('score', 'logit', 'probability'), lowestScore: real, highestScore: real,
  fit: () => {}, loss: oneOf('brier', 'log-loss'), candidates: () => {}, judgedRows: count, ...labelCounts,
});

/**
 * The calibrator behind data that came through `fromPlain`.
 *
 * @throws SchemaError unless every field is there, of its type and range, curves rise where they must, and probabilities lie in [0, 1]
 */
export function checkCalibratorFit(value: unknown): CalibratorFit {
  return (value as CalibratorFit | null)?.kind === 'chosen' ? checkChosen(value as ChosenCalibratorFit) : checkSingle(value);
}

/**
 * The calibrator of several classes behind data that came through `fromPlain`.
 *
 * @throws SchemaError unless every field is there, of its type and range, and shapes agree
 */
export function checkClassCalibratorFit(value: unknown): TemperatureFit | MultinomialFit {
  const fn = 'checkClassCalibratorFit';
  const fit = shaped<TemperatureFit | MultinomialFit>(fn, value, ['temperature', 'multinomial']);
  if (fit.kind === 'temperature') return checkTemperature(fn, fit);
  const outputs = fit.classCount === 2 ? 1 : fit.classCount;
  demand(fn, fit.classCount >= 2 && fit.intercepts.length === outputs && fit.coefficients.length === outputs * fit.scoreCount, 'coefficients and intercepts must have the shape of classCount and scoreCount');
  demand(fn, (fit.method === 'multinomial') === (fit.reason === null) && (fit.reason === null || fit.coefficients.every((v) => v === 0)), 'method, reason and coefficients must agree');
  return Object.freeze({ ...fit });
}

function checkSingle(value: unknown): SingleCalibratorFit {
  const fn = 'checkCalibratorFit';
  if ((value as SingleCalibratorFit | null)?.kind === 'platt') return checkPlattFit(value);
  const fit = shaped<Exclude<SingleCalibratorFit, { kind: 'platt' }>>(fn, value, CALIBRATOR_METHODS);
  if ('positives' in fit) demand(fn, fit.positives <= fit.n, 'positives must be at most n');
  switch (fit.kind) {
    case 'temperature':
      demand(fn, fit.classCount === 2, 'classCount must be 2');
      return checkTemperature(fn, fit);
    case 'beta':
      demand(fn, (fit.method === 'beta') === (fit.reason === null || fit.reason === 'separable') && (fit.method === 'beta' || (fit.a === 0 && fit.b === 0)), 'method, reason, a and b must agree');
      break;
    case 'histogram':
      demand(fn, fit.probabilities.length === fit.edges.length + 1 && fit.binWeights.length === fit.probabilities.length && ascends(fit.edges), 'edges must ascend strictly and be one fewer than probabilities and binWeights');
      demand(fn, !fit.monotone || ascends(fit.probabilities, true), 'probabilities must rise when monotone');
      break;
    case 'smooth-isotonic':
      demand(fn, fit.knots.length === fit.values.length && ascends(fit.knots) && ascends(fit.values) && fit.values.every((v) => v > 0 && v < 1), 'knots and values must be of one length and ascend strictly, values in (0, 1)');
      demand(fn, (fit.method === 'smooth-isotonic') === (fit.reason === null) && (fit.reason === null ? fit.knots.length > 1 : fit.knots.length === 1), 'method, reason and knots must agree');
      break;
    case 'venn-abers':
      demand(fn, fit.lowerScores.length === fit.lower.length && ascends(fit.lowerScores) && ascends(fit.lower, true), 'lowerScores and lower must be of one length and ascend');
      demand(fn, fit.upperScores.length === fit.upper.length && ascends(fit.upperScores) && ascends(fit.upper, true), 'upperScores and upper must be of one length and ascend');
      break;
    case 'isotonic':
      demand(fn, fit.thresholds.length === fit.values.length && ascends(fit.thresholds) && ascends(fit.increasing ? fit.values : fit.values.slice().reverse(), true), 'thresholds and values must be of one length and monotone');
      demand(fn, (fit.values.length === 0) === (fit.n === 0), 'there must be a knot exactly when there is a row');
      break;
  }
  return Object.freeze({ ...fit });
}

function checkTemperature(fn: string, fit: TemperatureFit): TemperatureFit {
  const { method, reason, temperature } = fit;
  demand(fn, fit.classCount >= 2, 'classCount must be at least 2');
  const agree = method === 'temperature' ? temperature > 0 && temperature < Infinity && reason === null : temperature === (method === 'identity' ? 1 : Infinity) && reason !== null && (reason === 'inverted') === (method === 'uniform');
  demand(fn, agree, 'method, reason and temperature must agree');
  return Object.freeze({ ...fit });
}

function checkChosen(value: ChosenCalibratorFit): ChosenCalibratorFit {
  const fn = 'checkCalibratorFit';
  CHOSEN(value, `${fn}: value`);
  const { candidates, lowestScore, highestScore } = value;
  if (!Array.isArray(candidates) || candidates.length > CALIBRATOR_METHODS.length) throw new SchemaError(`${fn}: candidates must be an array of at most ${CALIBRATOR_METHODS.length} entries`);
  const checked = candidates.map((candidate: unknown, i) => {
    CANDIDATE(candidate, `${fn}: candidates[${i}]`);
    return Object.freeze({ ...(candidate as ChosenCalibratorFit['candidates'][number]) });
  });
  const fit = checkSingle(value.fit); // never another choice: no nesting
  demand(fn, fit.kind === value.method, 'method must be the kind of fit');
  demand(fn, lowestScore <= highestScore && lowestScore < Infinity && highestScore > -Infinity, 'lowestScore and highestScore must be the ends of a range');
  demand(fn, value.positives <= value.n, 'positives must be at most n');
  demand(fn, value.scale !== 'score' || (fit.kind !== 'temperature' && fit.kind !== 'beta'), 'scale must be logit or probability for temperature and beta');
  return chosenFit({ ...value, fit, candidates: Object.freeze(checked) });
}

function shaped<T>(fn: string, value: unknown, kinds: readonly string[]): T {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  if (typeof kind !== 'string' || !kinds.includes(kind)) throw new SchemaError(`${fn}: kind must be one of ${kinds.join(', ')}`);
  SHAPES[kind](value, `${fn}: value`);
  return value as T;
}

function demand(fn: string, ok: boolean, rule: string): void {
  if (!ok) throw new SchemaError(`${fn}: ${rule}`);
}

function ascends(values: Float64Array, orEqual = false): boolean {
  return values.every((v, i) => i === 0 || v > values[i - 1] || (orEqual && v === values[i - 1]));
}
