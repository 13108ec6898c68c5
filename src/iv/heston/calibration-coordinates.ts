/**
 * The coordinates in which the solver moves: logarithms of v0, kappa, theta, sigma and of the jumps' rate and deviation, atanh rho, the mean jump.
 *
 * With y these coordinates of all parameters, y = M u + c for the free ones u. M is a unit matrix without the columns of fixed parameters; to
 * hold Feller's condition, the coordinate of one parameter is replaced by f = ln(sigma^2 / (2 kappa theta)), which is linear in logarithms
 * too, and bounded by 0.
 */
import { requireKnownKeys, requireNumber, show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';

/** Two numbers, smallest and largest value allowed. */
export type ParameterBounds = readonly [number, number];

/** How a parameter is transformed, and where it may lie unless the caller says. */
export interface ParameterRule {
  readonly name: string;
  readonly scale: 'log' | 'atanh' | 'linear';
  readonly bounds: ParameterBounds;
}

/** Heston's five, then Bates's three; the order of the vectors of this folder. */
export const PARAMETER_RULES: readonly ParameterRule[] = /* @__PURE__ */ Object.freeze([
  { name: 'initialVariance', scale: 'log', bounds: [1e-6, 25] },
  { name: 'meanReversion', scale: 'log', bounds: [1e-3, 1000] },
  { name: 'longRunVariance', scale: 'log', bounds: [1e-6, 25] },
  { name: 'volOfVariance', scale: 'log', bounds: [1e-3, 100] },
  { name: 'correlation', scale: 'atanh', bounds: [-0.999, 0.999] },
  { name: 'jumpIntensity', scale: 'log', bounds: [1e-4, 100] },
  { name: 'meanLogJump', scale: 'linear', bounds: [-2, 1] },
  { name: 'logJumpDeviation', scale: 'log', bounds: [1e-3, 2] },
]);

export interface CoordinateOptions {
  /** Number of parameters, 5 or 8. */
  readonly count: number;
  readonly fixed: Readonly<Partial<Record<string, number>>>;
  readonly bounds: Readonly<Partial<Record<string, ParameterBounds>>>;
  readonly holdFeller: boolean;
}

export interface CalibrationCoordinates {
  /** Parameters m and free coordinates p. */
  readonly count: number;
  readonly freeCount: number;
  /** Names of the free coordinates, shape (p). */
  readonly names: readonly string[];
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Values of fixed parameters, NaN of free ones, shape (m). */
  readonly fixed: Float64Array;
  /** M, shape (m, p) row-major, and c. */
  readonly matrix: Float64Array;
  readonly offset: Float64Array;
  /** Position of the parameter whose coordinate is f, or -1. */
  readonly fellerAt: number;
}

const KAPPA = 1;
const THETA = 2;
const SIGMA = 3;

/**
 * Checks and lays out the coordinates.
 *
 * @throws DomainError for unknown names, values out of a parameter's range, and when Feller's condition cannot be held
 */
export function calibrationCoordinates(fn: string, { count, fixed, bounds, holdFeller }: CoordinateOptions): CalibrationCoordinates {
  const rules = PARAMETER_RULES.slice(0, count);
  const known = rules.map(({ name }) => name);
  requireKnownKeys(fn, fixed, known);
  requireKnownKeys(fn, bounds, known);
  const values = Float64Array.from(rules, ({ name, scale }) => {
    const value = fixed[name];
    return value === undefined ? NaN : requireNumber(fn, `fixed.${name}`, value, rangeOf(scale));
  });
  const limits = rules.map((rule) => limitsOf(fn, rule, bounds[rule.name]));
  const isFree = (j: number): boolean => Number.isNaN(values[j]);
  let fellerAt = -1;
  if (holdFeller) {
    fellerAt = [SIGMA, KAPPA, THETA].find((j) => isFree(j) && bounds[known[j]] === undefined) ?? -1;
    if (fellerAt < 0) throw new DomainError(`${fn}: feller 'hold' needs volOfVariance, meanReversion or longRunVariance free and without bounds`);
    if ([SIGMA, KAPPA, THETA].some((j) => values[j] === 0)) throw new DomainError(`${fn}: feller 'hold' needs fixed values > 0`);
  }
  const free = rules.map((_, j) => j).filter(isFree);
  if (free.length === 0) throw new DomainError(`${fn}: fixed must leave a parameter free`);
  const p = free.length;
  const matrix = new Float64Array(count * p);
  const offset = new Float64Array(count);
  free.forEach((j, column) => {
    matrix[j * p + column] = 1;
  });
  values.forEach((value, j) => {
    if (!Number.isNaN(value)) offset[j] = coordinateOf(rules[j].scale, value);
  });
  if (fellerAt >= 0) placeFeller(fellerAt, free, matrix, offset, count);
  return {
    count,
    freeCount: p,
    names: free.map((j) => (j === fellerAt ? 'fellerRatio' : known[j])),
    lower: Float64Array.from(free, (j) => (j === fellerAt ? -20 : coordinateOf(rules[j].scale, limits[j][0]))),
    upper: Float64Array.from(free, (j) => (j === fellerAt ? 0 : coordinateOf(rules[j].scale, limits[j][1]))),
    fixed: values,
    matrix,
    offset,
    fellerAt,
  };
}

// The row of the replaced coordinate: ln sigma = (f + ln 2 + ln kappa + ln theta) / 2, or ln kappa = 2 ln sigma - ln 2 - ln theta - f, ...
function placeFeller(at: number, free: readonly number[], matrix: Float64Array, offset: Float64Array, count: number): void {
  const p = matrix.length / count;
  const terms = at === SIGMA ? { own: 0.5, ln2: 0.5, others: [[KAPPA, 0.5], [THETA, 0.5]] } : { own: -1, ln2: -1, others: [[SIGMA, 2], [at === KAPPA ? THETA : KAPPA, -1]] };
  matrix[at * p + free.indexOf(at)] = terms.own;
  offset[at] = terms.ln2 * Math.LN2;
  for (const [j, factor] of terms.others) {
    const column = free.indexOf(j);
    if (column >= 0) matrix[at * p + column] = factor;
    else offset[at] += factor * offset[j];
  }
}

/** Fills `vector`, shape (m), with the parameters at a point. */
export function toParameters({ count, freeCount, fixed, matrix, offset }: CalibrationCoordinates, point: Float64Array, vector: Float64Array): void {
  for (let j = 0; j < count; j++) {
    if (!Number.isNaN(fixed[j])) {
      vector[j] = fixed[j];
      continue;
    }
    let y = offset[j];
    for (let column = 0; column < freeCount; column++) y += matrix[j * freeCount + column] * point[column];
    const scale = PARAMETER_RULES[j].scale;
    vector[j] = scale === 'log' ? Math.exp(y) : scale === 'atanh' ? Math.tanh(y) : y;
  }
}

/** The point of parameters, not clipped to bounds. */
export function toPoint(coordinates: CalibrationCoordinates, vector: ArrayLike<number>): Float64Array {
  const { names, fellerAt, lower, upper } = coordinates;
  return Float64Array.from(names, (name, column) => {
    const j = name === 'fellerRatio' ? fellerAt : PARAMETER_RULES.findIndex((rule) => rule.name === name);
    const y = j === fellerAt ? 2 * Math.log(vector[SIGMA]) - Math.LN2 - Math.log(vector[KAPPA]) - Math.log(vector[THETA]) : coordinateOf(PARAMETER_RULES[j].scale, vector[j]);
    return Math.min(Math.max(y, lower[column]), upper[column]);
  });
}

/** d parameter / d coordinate for all parameters, shape (m); 0 for fixed ones. */
export function fillSlopes({ count, fixed }: CalibrationCoordinates, vector: Float64Array, slopes: Float64Array): void {
  for (let j = 0; j < count; j++) {
    const scale = PARAMETER_RULES[j].scale;
    if (!Number.isNaN(fixed[j])) slopes[j] = 0;
    else slopes[j] = scale === 'log' ? vector[j] : scale === 'atanh' ? 1 - vector[j] * vector[j] : 1;
  }
}

function coordinateOf(scale: ParameterRule['scale'], value: number): number {
  return scale === 'log' ? Math.log(value) : scale === 'atanh' ? Math.atanh(value) : value;
}

function rangeOf(scale: ParameterRule['scale']): { min: number; max: number } {
  return scale === 'log' ? { min: 0, max: 1e6 } : scale === 'atanh' ? { min: -1, max: 1 } : { min: -20, max: 20 };
}

function limitsOf(fn: string, { name, scale, bounds }: ParameterRule, own: ParameterBounds | undefined): ParameterBounds {
  if (own === undefined) return bounds;
  if (!Array.isArray(own) || own.length !== 2) throw new DomainError(`${fn}: bounds.${name} must be [smallest, largest], got ${show(own)}`);
  const low = requireNumber(fn, `bounds.${name}[0]`, own[0], rangeOf(scale));
  const high = requireNumber(fn, `bounds.${name}[1]`, own[1], rangeOf(scale));
  if (!(low < high)) throw new DomainError(`${fn}: bounds.${name} must be [smallest, largest], got [${low}, ${high}]`);
  return [low, high];
}
