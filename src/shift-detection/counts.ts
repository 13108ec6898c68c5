/** How far apart two samples are, from their counts in shared bins or categories. */
import { requireInteger, requireKnownKeys, requireNumber, requireSameLength } from '../core/assert.ts';
import { chiSquareUpper, gammaUpperQuantile, regularizedGammaUpper } from '../core/special-functions.ts';
import { nullGamma, nullScale, sharesOf, total } from './count-null.ts';
import type { CountOptions, Divergence } from './count-null.ts';
import { twoSampleResult } from './two-sample.ts';
import type { Pair, TwoSampleResult } from './two-sample.ts';

export interface CriticalValueOptions extends CountOptions {
  /** Probability of a greater value when nothing has changed, in (0, 1). @default 0.05 */
  readonly level?: number;
}

const STABILITY: Divergence = { between: (p, q) => sumOver(p, q, (a, b) => (b === a ? 0 : (b - a) * Math.log(b / a))), curvature: 1 };
const KULLBACK: Divergence = { between: normalized((a, b) => (a === 0 ? 0 : a * Math.log(a / b))), curvature: 1 / 2 };
const JENSEN: Divergence = { between: normalized((a, b) => (entropyTerm(a, b) + entropyTerm(b, a)) / 2), curvature: 1 / 8 };
const HELLINGER: Divergence = { between: normalized((a, b) => (Math.sqrt(a) - Math.sqrt(b)) ** 2 / 2), curvature: 1 / 8 };

/**
 * Population stability index: the sum over bins of (q - p) ln(q / p), p the share of the reference and q of the current sample.
 *
 * Its size depends on the sizes of the samples: of two samples of one distribution it is about (1 / n1 + 1 / n2) (bins - 1). The customary
 * limits 0.1 and 0.25 ignore that; the p-value does not. That is from chi-square where both samples have 20 rows a bin or more, else from
 * a gamma distribution with the mean and variance of seeded draws.
 *
 * @param reference - rows in each bin, shape (bins); give missing rows a bin of their own
 * @param current - shape (bins)
 * @returns `empty-sample` without rows, `constant` when all rows of both samples fall into one bin
 * @throws ShapeError for different lengths; DomainError for a count below 0 or not finite
 * @see Yurdakul (2018), "Statistical properties of population stability index", for the limit; Siddiqi (2006), Credit Risk Scorecards, for the index
 * @example populationStabilityIndexOfCounts([100, 100], [50, 150], { smoothing: 0 }).statistic // ln(3) / 4 = 0.2747
 */
export function populationStabilityIndexOfCounts(reference: ArrayLike<number>, current: ArrayLike<number>, options: CountOptions = {}): TwoSampleResult {
  return compare('populationStabilityIndexOfCounts', reference, current, options, STABILITY);
}

/**
 * Kullback-Leibler divergence of the current sample from the reference: the sum of p ln(p / q), in nats.
 *
 * @see {@link populationStabilityIndexOfCounts} for arguments, errors and the p-value; floored shares are made to add up to 1 again
 */
export function kullbackLeiblerOfCounts(reference: ArrayLike<number>, current: ArrayLike<number>, options: CountOptions = {}): TwoSampleResult {
  return compare('kullbackLeiblerOfCounts', reference, current, options, KULLBACK);
}

/**
 * Jensen-Shannon distance: the root of the mean divergence of both samples from their average, natural logarithm.
 *
 * @returns in [0, sqrt(ln 2)]
 * @see {@link populationStabilityIndexOfCounts} for arguments, errors and the p-value; Endres and Schindelin (2003), "A new metric for probability distributions"
 */
export function jensenShannonOfCounts(reference: ArrayLike<number>, current: ArrayLike<number>, options: CountOptions = {}): TwoSampleResult {
  return compare('jensenShannonOfCounts', reference, current, options, JENSEN, Math.sqrt);
}

/**
 * Hellinger distance: the root of half the sum of (sqrt p - sqrt q)^2.
 *
 * @returns in [0, 1]
 * @see {@link populationStabilityIndexOfCounts} for arguments, errors and the p-value
 */
export function hellingerOfCounts(reference: ArrayLike<number>, current: ArrayLike<number>, options: CountOptions = {}): TwoSampleResult {
  return compare('hellingerOfCounts', reference, current, options, HELLINGER, Math.sqrt);
}

/**
 * Pearson's chi-square test of the same shares in both samples, without continuity correction. Bins empty in both are left out.
 *
 * @returns `empty-sample` without rows, `constant` when all rows of both samples fall into one bin
 * @throws ShapeError for different lengths; DomainError for a count below 0 or not finite
 * @see Pearson (1911), "On the probability that two independent distributions of frequency are really samples from the same population"
 */
export function chiSquareOfCounts(reference: ArrayLike<number>, current: ArrayLike<number>): TwoSampleResult {
  const { p, q, n, bins } = sharesOf(...bothCounts('chiSquareOfCounts', reference, current), 0, 0);
  const statistic = sumOver(p, q, (a, b) => (a + b === 0 ? 0 : (a - b) ** 2 / (a / n[1] + b / n[0])));
  return twoSampleResult(reasonFor(n, bins), statistic, chiSquareUpper(statistic, bins - 1), n);
}

/**
 * The population stability index that samples of one distribution exceed with probability `level`, for many rows a bin.
 *
 * (1 / n1 + 1 / n2) times the chi-square quantile with bins - 1 degrees of freedom, less what smoothing takes off. From 20 rows a bin on the
 * error of the level is below a quarter; for fewer use {@link psiCriticalValueOfCounts}.
 *
 * @param bins - bins with rows in the reference, >= 2
 * @param n - rows of the reference and of the current sample
 * @throws DomainError outside these ranges
 * @see Yurdakul (2018), "Statistical properties of population stability index"
 * @example psiCriticalValue(10, [1000, 200], { smoothing: 0 }) // 0.1015
 */
export function psiCriticalValue(bins: number, n: Pair, options: CriticalValueOptions = {}): number {
  const fn = 'psiCriticalValue';
  const { level, smoothing } = criticalOptions(fn, options);
  requireInteger(fn, 'bins', bins, { min: 2 });
  for (const size of n) requireNumber(fn, 'n', size, { min: 0, open: true });
  return 2 * nullScale(n, smoothing) * gammaUpperQuantile((bins - 1) / 2, level);
}

/**
 * The population stability index that a current sample of the reference's distribution exceeds with probability `level`: the one at which the
 * p-value of {@link populationStabilityIndexOfCounts} is `level`, with the same options.
 *
 * @param reference - rows in each bin, shape (bins)
 * @param currentSize - rows of the current sample, > 0
 * @returns NaN for a reference without rows
 */
export function psiCriticalValueOfCounts(reference: ArrayLike<number>, currentSize: number, options: CriticalValueOptions = {}): number {
  const fn = 'psiCriticalValueOfCounts';
  const settings = criticalOptions(fn, options);
  requireNumber(fn, 'currentSize', currentSize, { min: 0, open: true });
  const { shape, scale } = nullGamma(requireCounts(fn, 'reference', reference), currentSize, settings, STABILITY);
  return scale * gammaUpperQuantile(shape, settings.level);
}

type Settings = Required<CountOptions>;

function countOptions(fn: string, options: CountOptions, more: readonly string[] = []): Settings {
  requireKnownKeys(fn, options, ['smoothing', 'floor', 'seed', ...more]);
  const floor = requireNumber(fn, 'floor', options.floor ?? 0, { min: 0, max: 1 });
  return { floor, smoothing: requireNumber(fn, 'smoothing', options.smoothing ?? (floor > 0 ? 0 : 5), { min: 0 }), seed: requireInteger(fn, 'seed', options.seed ?? 0) };
}

function criticalOptions(fn: string, options: CriticalValueOptions): Settings & { readonly level: number } {
  return { ...countOptions(fn, options, ['level']), level: requireNumber(fn, 'level', options.level ?? 0.05, { min: 0, max: 1, open: true }) };
}

function compare(fn: string, reference: ArrayLike<number>, current: ArrayLike<number>, options: CountOptions, divergence: Divergence, finish: (value: number) => number = (value) => value): TwoSampleResult {
  const settings = countOptions(fn, options);
  const [first, second] = bothCounts(fn, reference, current);
  const { p, q, n, bins } = sharesOf(first, second, settings.smoothing, settings.floor);
  const reason = reasonFor(n, bins);
  if (reason !== null) return twoSampleResult(reason, NaN, NaN, n);
  const value = Math.max(0, divergence.between(p, q)); // rounding may leave less than 0
  const { shape, scale } = nullGamma(first, n[1], settings, divergence);
  return twoSampleResult(null, finish(value), regularizedGammaUpper(shape, value / scale), n);
}

function reasonFor(n: Pair, bins: number): 'empty-sample' | 'constant' | null {
  return n[0] === 0 || n[1] === 0 ? 'empty-sample' : bins < 2 ? 'constant' : null;
}

function bothCounts(fn: string, reference: ArrayLike<number>, current: ArrayLike<number>): [Float64Array, Float64Array] {
  requireSameLength(fn, { reference, current });
  return [requireCounts(fn, 'reference', reference), requireCounts(fn, 'current', current)];
}

function requireCounts(fn: string, name: string, counts: ArrayLike<number>): Float64Array {
  return Float64Array.from(counts, (count) => requireNumber(fn, `every count of ${name}`, count, { min: 0 }));
}

function sumOver(p: Float64Array, q: Float64Array, term: (a: number, b: number) => number): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += term(p[i], q[i]);
  return sum;
}

function normalized(term: (a: number, b: number) => number): Divergence['between'] {
  return (p, q) => {
    const [a, b] = [total(p), total(q)];
    return sumOver(p, q, (x, y) => term(x / a, y / b));
  };
}

function entropyTerm(a: number, b: number): number {
  return a === 0 ? 0 : a * Math.log((2 * a) / (a + b));
}
