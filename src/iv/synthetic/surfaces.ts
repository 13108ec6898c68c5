/** Seeded histories of volatility surfaces without arbitrage, with a spot path that belongs to them. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';
import { driveWith, driveWithSync, type DriveOptions, type Task } from '../../core/drive.ts';
import { DomainError } from '../../core/errors.ts';
import { printable } from '../../core/inspect.ts';
import { randomStream } from '../../core/random.ts';
import { essviToSvi, type EssviSlice } from '../slices/essvi.ts';
import { projectEssvi } from '../slices/essvi-conditions.ts';
import type { SviSmile } from '../slices/svi.ts';
import { requireFactor, stepFactor, type OuFactor } from './factors.ts';

export interface SyntheticSurfacesOptions {
  /** Any 32-bit integer. */
  readonly seed: number;
  /** Trading days, 252 a year, >= 1. @default 1 */
  readonly days?: number;
  /** Constant times to expiry in years, strictly ascending, > 0. @default 1 week to 2 years, 9 of them */
  readonly expiryYears?: ArrayLike<number>;
  /** Price of the underlying on the first day. @default 100 */
  readonly spot?: number;
  /** Continuous rate per year. @default 0.03 */
  readonly rate?: number;
  /** Continuous dividend yield per year. @default 0.01 */
  readonly dividendYield?: number;
  /** Logarithm of the volatility of long expiries. @default mean log 0.2, meanReversion 1.5, volatility 0.3 */
  readonly level?: Partial<OuFactor>;
  /** Logarithm of short over long volatility. @default mean -0.15, meanReversion 6, volatility 1.2 */
  readonly slope?: Partial<OuFactor>;
  /** Inverse hyperbolic tangent of minus rho. @default mean 0.75, meanReversion 4, volatility 0.25 */
  readonly skew?: Partial<OuFactor>;
  /** Logarithm of eta in phi = eta / (theta^gamma (1 + theta)^(1 - gamma)). @default mean log 1.5, meanReversion 5, volatility 0.3 */
  readonly curvature?: Partial<OuFactor>;
  /** gamma in [0, 1/2]: how much steeper short smiles are. @default 0.42 */
  readonly gamma?: number;
  /** Rate per year at which variance comes back to its long level, seen from one day. @default 3 */
  readonly varianceReversion?: number;
  /** Correlation of spot and short volatility shocks, in (-1, 1). @default -0.75 */
  readonly leverage?: number;
  /** Jumps of the spot, after which short volatility rises. @default none */
  readonly jumps?: { readonly perYear: number; readonly meanLogReturn?: number; readonly volLogReturn?: number; readonly slopeShock?: number };
  /** A second regime of higher volatility that comes and goes. @default none */
  readonly stress?: { readonly entriesPerYear: number; readonly exitsPerYear?: number; readonly levelShift?: number; readonly slopeShift?: number };
}

/** One expiry of one day; has what an `IvSurface` slice needs. */
export interface SyntheticSlice {
  readonly expiryYears: number;
  readonly forward: number;
  readonly discount: number;
  readonly smile: SviSmile;
  /** The same smile in eSSVI's parameters. */
  readonly slice: EssviSlice;
}

export interface SyntheticDay {
  /** 0 for the first. */
  readonly day: number;
  readonly spot: number;
  /** Values of the factors. */
  readonly level: number;
  readonly slope: number;
  readonly skew: number;
  readonly curvature: number;
  readonly hasJumped: boolean;
  readonly isStressed: boolean;
  /** Ascending in expiry. */
  readonly slices: readonly SyntheticSlice[];
}

export interface SyntheticSurfaces {
  readonly kind: 'synthetic-surfaces';
  readonly seed: number;
  readonly days: readonly SyntheticDay[];
}

const KEYS = ['seed', 'days', 'expiryYears', 'spot', 'rate', 'dividendYield', 'level', 'slope', 'skew', 'curvature', 'gamma', 'varianceReversion', 'leverage', 'jumps', 'stress'];
const EXPIRIES = [1 / 52, 1 / 26, 1 / 12, 1 / 6, 0.25, 0.5, 1, 1.5, 2];
const DAY_YEARS = 1 / 252;
const DAYS_PER_STEP = 32;

/**
 * A history of eSSVI surfaces driven by mean-reverting factors, each surface free of butterfly and calendar arbitrage at every strike.
 *
 * At-the-money variance is that of a mean-reverting instantaneous variance between exp(2 (level + slope)) now and exp(2 level) later; psi is
 * theta phi(theta); {@link projectEssvi} then takes out what arbitrage extreme factors would make. Spot moves with the short volatility of the
 * day before and is correlated with its shocks. Every factor has a random stream of its own: an option changed leaves the other paths as
 * they were.
 *
 * @throws DomainError for options out of range
 * @example syntheticSurfacesSync({ seed: 7, days: 250 }).days[249].slices
 */
export function* syntheticSurfacesTask(options: SyntheticSurfacesOptions): Task<SyntheticSurfaces> {
  const fn = 'syntheticSurfaces';
  requireKnownKeys(fn, options, KEYS);
  const model = requireModel(fn, options);
  const { seed, dayCount } = model;
  const draws = { spot: randomStream(seed, 'spot'), level: randomStream(seed, 'level'), slope: randomStream(seed, 'slope'), skew: randomStream(seed, 'skew'), curvature: randomStream(seed, 'curvature'), jump: randomStream(seed, 'jump'), stress: randomStream(seed, 'stress') };
  const { jumps, stress } = model;
  let spot = model.spot;
  let level = model.level.mean;
  let slope = model.slope.mean;
  let skew = model.skew.mean;
  let curvature = model.curvature.mean;
  let isStressed = false;
  const days: SyntheticDay[] = [];
  for (let day = 0; day < dayCount; day++) {
    if (day % DAYS_PER_STEP === 0) yield { phase: 'days', done: day, total: dayCount };
    let hasJumped = false;
    if (day > 0) {
      const vol = Math.exp(levelNow(level, isStressed, stress) + slopeNow(slope, isStressed, stress));
      const shock = draws.spot.normal();
      const own = draws.slope.normal();
      hasJumped = draws.jump.uniform() < -Math.expm1(-jumps.perYear * DAY_YEARS);
      const size = draws.jump.normal();
      spot *= Math.exp((model.rate - model.dividendYield - (vol * vol) / 2) * DAY_YEARS + vol * Math.sqrt(DAY_YEARS) * shock + (hasJumped ? jumps.meanLogReturn + jumps.volLogReturn * size : 0));
      slope = stepFactor(model.slope, slope, DAY_YEARS, model.leverage * shock + Math.sqrt(1 - model.leverage * model.leverage) * own) + (hasJumped ? jumps.slopeShock : 0);
      level = stepFactor(model.level, level, DAY_YEARS, 0.5 * model.leverage * shock + Math.sqrt(1 - 0.25 * model.leverage * model.leverage) * draws.level.normal());
      skew = stepFactor(model.skew, skew, DAY_YEARS, draws.skew.normal());
      curvature = stepFactor(model.curvature, curvature, DAY_YEARS, draws.curvature.normal());
      const rate = isStressed ? stress.exitsPerYear : stress.entriesPerYear;
      if (draws.stress.uniform() < -Math.expm1(-rate * DAY_YEARS)) isStressed = !isStressed;
    }
    const factors = { level: levelNow(level, isStressed, stress), slope: slopeNow(slope, isStressed, stress), skew, curvature };
    const slices = projectEssvi(Array.from(model.expiryYears, (years) => rawSlice(factors, model, years)));
    days.push(Object.freeze({ day, spot, ...factors, hasJumped, isStressed, slices: Object.freeze(slices.map((slice, i) => withForward(slice, spot, model, model.expiryYears[i]))) }));
  }
  const result: SyntheticSurfaces = { kind: 'synthetic-surfaces', seed, days: Object.freeze(days) };
  return Object.freeze(printable(result, (value) => `SyntheticSurfaces: ${value.days.length} days, ${model.expiryYears.length} expiries, seed ${seed}`));
}

/** Runs {@link syntheticSurfacesTask} without blocking the host. */
export function syntheticSurfaces(options: SyntheticSurfacesOptions & DriveOptions): Promise<SyntheticSurfaces> {
  return driveWith(options, (own) => syntheticSurfacesTask(own));
}

/** Runs {@link syntheticSurfacesTask} in one go. */
export function syntheticSurfacesSync(options: SyntheticSurfacesOptions & DriveOptions): SyntheticSurfaces {
  return driveWithSync(options, (own) => syntheticSurfacesTask(own));
}

interface Model {
  readonly seed: number;
  readonly dayCount: number;
  readonly expiryYears: Float64Array;
  readonly spot: number;
  readonly rate: number;
  readonly dividendYield: number;
  readonly level: OuFactor;
  readonly slope: OuFactor;
  readonly skew: OuFactor;
  readonly curvature: OuFactor;
  readonly gamma: number;
  readonly varianceReversion: number;
  readonly leverage: number;
  readonly jumps: { readonly perYear: number; readonly meanLogReturn: number; readonly volLogReturn: number; readonly slopeShock: number };
  readonly stress: Stress;
}

interface Stress {
  readonly entriesPerYear: number;
  readonly exitsPerYear: number;
  readonly levelShift: number;
  readonly slopeShift: number;
}

function requireModel(fn: string, options: SyntheticSurfacesOptions): Model {
  const { jumps, stress } = options;
  const number = (name: string, value: number | undefined, range: { min?: number; max?: number; open?: boolean } = {}): number => requireNumber(fn, name, value, range);
  if (jumps !== undefined) requireKnownKeys(fn, jumps, ['perYear', 'meanLogReturn', 'volLogReturn', 'slopeShock']);
  if (stress !== undefined) requireKnownKeys(fn, stress, ['entriesPerYear', 'exitsPerYear', 'levelShift', 'slopeShift']);
  const given = options.expiryYears ?? EXPIRIES;
  if (given.length === 0) throw new DomainError(`${fn}: expiryYears must have at least 1 value, got 0`);
  return {
    seed: requireInteger(fn, 'seed', options.seed, { min: -2147483648, max: 4294967295 }),
    dayCount: requireInteger(fn, 'days', options.days ?? 1, { min: 1 }),
    expiryYears: Float64Array.from(given, (years, i) => number(`expiryYears[${i}]`, years, { min: i === 0 ? 0 : given[i - 1], open: true })),
    spot: number('spot', options.spot ?? 100, { min: 0, open: true }),
    rate: number('rate', options.rate ?? 0.03),
    dividendYield: number('dividendYield', options.dividendYield ?? 0.01),
    level: requireFactor(fn, 'level', options.level, { mean: Math.log(0.2), meanReversion: 1.5, volatility: 0.3 }),
    slope: requireFactor(fn, 'slope', options.slope, { mean: -0.15, meanReversion: 6, volatility: 1.2 }),
    skew: requireFactor(fn, 'skew', options.skew, { mean: 0.75, meanReversion: 4, volatility: 0.25 }),
    curvature: requireFactor(fn, 'curvature', options.curvature, { mean: Math.log(1.5), meanReversion: 5, volatility: 0.3 }),
    gamma: number('gamma', options.gamma ?? 0.42, { min: 0, max: 0.5 }),
    varianceReversion: number('varianceReversion', options.varianceReversion ?? 3, { min: 0, open: true }),
    leverage: number('leverage', options.leverage ?? -0.75, { min: -1, max: 1, open: true }),
    jumps: {
      perYear: number('jumps.perYear', jumps === undefined ? 0 : jumps.perYear, { min: 0 }),
      meanLogReturn: number('jumps.meanLogReturn', jumps?.meanLogReturn ?? -0.03),
      volLogReturn: number('jumps.volLogReturn', jumps?.volLogReturn ?? 0.02, { min: 0 }),
      slopeShock: number('jumps.slopeShock', jumps?.slopeShock ?? 0.4),
    },
    stress: {
      entriesPerYear: number('stress.entriesPerYear', stress === undefined ? 0 : stress.entriesPerYear, { min: 0 }),
      exitsPerYear: number('stress.exitsPerYear', stress?.exitsPerYear ?? 6, { min: 0 }),
      levelShift: number('stress.levelShift', stress?.levelShift ?? 0.2),
      slopeShift: number('stress.slopeShift', stress?.slopeShift ?? 0.5),
    },
  };
}

function levelNow(level: number, isStressed: boolean, { levelShift }: Stress): number {
  return isStressed ? level + levelShift : level;
}

function slopeNow(slope: number, isStressed: boolean, { slopeShift }: Stress): number {
  return isStressed ? slope + slopeShift : slope;
}

// theta = v T + (v0 - v) (1 - e^-aT) / a for a variance that starts at v0 and reverts to v at rate a.
function rawSlice(factors: Pick<SyntheticDay, 'level' | 'slope' | 'skew' | 'curvature'>, { gamma, varianceReversion }: Model, years: number): EssviSlice {
  const long = Math.exp(2 * factors.level);
  const short = Math.exp(2 * (factors.level + factors.slope));
  const decayed = -Math.expm1(-varianceReversion * years) / varianceReversion;
  const theta = long * years + (short - long) * decayed;
  const phi = Math.exp(factors.curvature - gamma * Math.log(theta) - (1 - gamma) * Math.log1p(theta));
  // tanh by exp: one function fewer whose last digits an engine may choose.
  const rho = Math.expm1(-2 * factors.skew) / (1 + Math.exp(-2 * factors.skew));
  return { theta, rho: Math.min(Math.max(rho, -0.999), 0.999), psi: theta * phi };
}

function withForward(slice: EssviSlice, spot: number, { rate, dividendYield }: Model, expiryYears: number): SyntheticSlice {
  return Object.freeze({ expiryYears, forward: spot * Math.exp((rate - dividendYield) * expiryYears), discount: Math.exp(-rate * expiryYears), smile: essviToSvi(slice), slice });
}
