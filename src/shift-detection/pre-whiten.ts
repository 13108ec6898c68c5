/** A filter that takes the dependence out of a series, learned on a reference. */
import { requireInteger, requireKnownKeys, requireOneOf, show } from '../core/assert.ts';
import { DomainError, SchemaError } from '../core/errors.ts';
import { standardDeviation, variance as varianceOf, mean as meanOf } from '../core/stats.ts';
import { fitAutoregression } from './autoregression.ts';
import { fitGarch, nextVariance } from './garch.ts';
import type { VolatilityRecursion } from './garch.ts';

export interface PreWhitenOptions {
  /** Largest order of the autoregression; 0 for none. @default the integer part of 10 log10(n), at most n / 10 */
  readonly maxOrder?: number;
  /** `'garch'` GARCH(1,1) where the reference shows it, `'ewma'` decay 0.94, `'none'` a constant variance. @default 'garch' */
  readonly volatility?: 'garch' | 'ewma' | 'none';
}

/** Why a reference says nothing about later values. */
export type ReferenceReason = 'too-few' | 'constant';

/** A whitening filter as plain data, at the end of its reference. */
export interface PreWhitening {
  readonly kind: 'pre-whitening';
  readonly status: 'ok' | 'not-assessable';
  readonly reason: ReferenceReason | null;
  /** Finite values of the reference. */
  readonly n: number;
  /** Mean of the reference. */
  readonly mean: number;
  /** On the last p deviations from the mean, newest first, shape (p). */
  readonly coefficients: Float64Array;
  readonly volatility: VolatilityRecursion;
  /** Mean and standard deviation that the innovations had on the reference before they were standardised. */
  readonly location: number;
  readonly scale: number;
  /** Deviations from the mean seen last, newest first, shape (p). */
  readonly recent: Float64Array;
  /** Variance forecast for the next error. */
  readonly variance: number;
}

/** Least number of finite reference values. */
export const MINIMUM_REFERENCE = 50;

const NONE: VolatilityRecursion = Object.freeze({ omega: NaN, alpha: 0, beta: 0 });
const EWMA_DECAY = 0.94; // RiskMetrics 1996, daily

/**
 * Fits an autoregression and then a volatility recursion on a reference series.
 *
 * What is left after them, the innovations, is what a detector for independent values may be given. A shift of the mean by d in the series is one of
 * (1 - sum of coefficients) d in the errors: dependence that is taken out takes part of a lasting shift with it. A shift of the variance is learned by
 * the volatility recursion, at the pace of volatility clusters on the reference, and is not drift to it; `fitDriftAlarm` with `watch: 'scale'` and `preWhiten: false` finds such shifts.
 * NaN and infinities are left out and the gap is closed.
 *
 * @param reference - in time order, in control; at least 50 finite values, else `status` is `'not-assessable'`. 500 or more for a threshold within 20 %
 * @throws DomainError for options outside their ranges
 * @see Yule-Walker: Brockwell and Davis (1991), section 8.1; order by Akaike (1974); GARCH: Bollerslev (1986)
 */
export function preWhiten(reference: ArrayLike<number>, options: PreWhitenOptions = {}): PreWhitening {
  return whitenReference('preWhiten', reference, options).whitening;
}

/** {@link preWhiten} together with the innovations of the reference, standardised, shape (n - p). */
export function whitenReference(fn: string, reference: ArrayLike<number>, options: PreWhitenOptions): { readonly whitening: PreWhitening; readonly innovations: Float64Array } {
  requireKnownKeys(fn, options, ['maxOrder', 'volatility']);
  const values = Float64Array.from(reference).filter(Number.isFinite);
  const n = values.length;
  const { maxOrder = Math.floor(Math.min(10 * Math.log10(Math.max(n, 1)), n / 10)), volatility = 'garch' } = options;
  requireInteger(fn, 'maxOrder', maxOrder, { min: 0, max: 200 });
  requireOneOf(fn, 'volatility', volatility, ['garch', 'ewma', 'none']);
  const mean = meanOf(values);
  const empty = new Float64Array(0);
  const nothing = { kind: 'pre-whitening', n, mean, coefficients: empty, volatility: NONE, location: NaN, scale: NaN, recent: empty, variance: NaN } as const;
  const refuse = (reason: ReferenceReason): ReturnType<typeof whitenReference> => ({ whitening: Object.freeze({ ...nothing, status: 'not-assessable', reason }), innovations: empty });
  if (n < MINIMUM_REFERENCE || n <= 2 * maxOrder) return refuse('too-few');
  const deviations = values.map((value) => value - mean);
  if (!(varianceOf(values) > 1e-24 * mean * mean) || !Number.isFinite(varianceOf(values))) return refuse('constant');

  const coefficients = fitAutoregression(deviations, maxOrder);
  const p = coefficients.length;
  const errors = deviations.map((deviation, t) => {
    let error = deviation;
    for (let j = 0; j < p && j < t; j++) error -= coefficients[j] * deviations[t - 1 - j];
    return error;
  }).subarray(p);
  const errorVariance = varianceOf(errors, 0);
  if (!(errorVariance > 1e-12 * varianceOf(values))) return refuse('constant'); // each value follows from those before
  const recursion: VolatilityRecursion =
    volatility === 'garch' ? fitGarch(errors, errorVariance) : volatility === 'ewma' ? { omega: 0, alpha: 1 - EWMA_DECAY, beta: EWMA_DECAY } : { omega: errorVariance, alpha: 0, beta: 0 };
  let variance = errorVariance;
  const innovations = errors.map((error) => {
    const z = error / Math.sqrt(variance);
    variance = nextVariance(recursion, variance, error);
    return z;
  });
  const [location, scale] = [meanOf(innovations), standardDeviation(innovations)];
  const whitening: PreWhitening = Object.freeze({
    ...nothing,
    status: 'ok',
    reason: null,
    coefficients,
    volatility: Object.freeze(recursion),
    location,
    scale,
    recent: deviations.slice(n - p).reverse(),
    variance,
  });
  return { whitening, innovations: innovations.map((z) => (z - location) / scale) };
}

/** Where a whitener is in its series: plain data. */
export interface WhitenerState {
  readonly kind: 'whitener';
  readonly recent: Float64Array;
  readonly variance: number;
}

/**
 * Turns a series, value by value, into innovations with mean 0 and variance 1 on the reference.
 *
 * Starts as if the series went on where the reference ends.
 *
 * @throws DomainError for a whitening that is not assessable
 */
export class Whitener {
  readonly whitening: PreWhitening;
  #recent: Float64Array;
  #variance: number;

  constructor(whitening: PreWhitening) {
    if (whitening.status !== 'ok') throw new DomainError(`Whitener: whitening must be assessable, its reference is ${show(whitening.reason)}`);
    this.whitening = whitening;
    this.#recent = whitening.recent.slice();
    this.#variance = whitening.variance;
  }

  /** The innovation of the next value; NaN for one that is not finite, which is passed over. */
  update(value: number): number {
    if (!Number.isFinite(value)) return NaN;
    const { mean, coefficients, volatility, location, scale } = this.whitening;
    const recent = this.#recent;
    let error = value - mean;
    const deviation = error;
    for (let j = 0; j < coefficients.length; j++) error -= coefficients[j] * recent[j];
    const z = error / Math.sqrt(this.#variance);
    this.#variance = nextVariance(volatility, this.#variance, error);
    if (recent.length > 0) {
      recent.copyWithin(1, 0);
      recent[0] = deviation;
    }
    return (z - location) / scale;
  }

  get state(): WhitenerState {
    return Object.freeze({ kind: 'whitener', recent: this.#recent.slice(), variance: this.#variance });
  }

  /** Puts the whitener where `state` was taken. @throws SchemaError for data that is not the state of a whitener of this order */
  resume(state: unknown): this {
    const { kind, recent, variance } = (state ?? {}) as Partial<WhitenerState>;
    const isSound = kind === 'whitener' && recent instanceof Float64Array && recent.length === this.#recent.length && recent.every(Number.isFinite) && typeof variance === 'number' && variance > 0;
    if (!isSound) throw new SchemaError(`Whitener: state must be that of a whitener of order ${this.#recent.length}, got ${show(state)}`);
    [this.#recent, this.#variance] = [recent.slice(), variance];
    return this;
  }
}

/** Whether data from elsewhere is a whitening. */
export function isWhitening(value: unknown): value is PreWhitening {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, status, mean, coefficients, recent, volatility, location, scale, variance } = value as PreWhitening;
  if (kind !== 'pre-whitening' || !(coefficients instanceof Float64Array && recent instanceof Float64Array) || typeof volatility !== 'object' || volatility === null) return false;
  if (status === 'not-assessable') return true;
  const { omega, alpha, beta } = volatility;
  const areFinite = [mean, location, scale, variance, omega, alpha, beta, ...coefficients, ...recent].every(Number.isFinite);
  return status === 'ok' && coefficients.length === recent.length && areFinite && scale > 0 && variance > 0 && Math.min(omega, alpha, beta) >= 0;
}
