/**
 * Integrals of out-of-the-money option prices over strikes: what static replication is made of.
 *
 * With k = ln(K / F), integral of weight(k) OTM(K) / K dk. The price is taken over min(K, F): phi(z - t) [R(z - t) - R(z + t)] with
 * z = |k| / sqrt(w), t = sqrt(w) / 2 and Mills' ratio R, which never overflows, so tails can be followed as far as they matter.
 */
import { millsRatio } from '../black/mills-ratio.ts';
import { priceOverVega } from '../black/normalized-black.ts';
import { evaluateSmile } from '../smile.ts';
import type { BlendSmile, Smile } from '../smile.ts';

/** weight(k) = (constant + linear x + quadratic x^2 + cubic x^3) e^(tilt k), where x is k for the base `log` and e^k - 1 for `price`. */
export interface StrikeWeight {
  readonly base: 'log' | 'price';
  readonly constant: number;
  readonly linear: number;
  readonly quadratic: number;
  readonly cubic: number;
  readonly tilt: number;
}

export interface StrikeIntegralOptions {
  /** Relative error aimed at, in (0, 0.1]. @default 1e-10 */
  readonly tolerance?: number;
  /** Log-moneyness to integrate from and to; both may be infinite. @default all strikes */
  readonly range?: readonly [number, number];
}

export interface StrikeIntegral {
  /** `divergent`: the tail does not end; the others as in the surface's statuses. Only `ok` comes with numbers. */
  readonly status: 'ok' | 'divergent' | 'outside-strikes' | 'negative-variance';
  /** Strikes below the forward. */
  readonly puts: number;
  /** Strikes above the forward. */
  readonly calls: number;
  /** Estimate of what quadrature and the tails left out may have done to the sum. */
  readonly error: number;
}

// Kronrod (1965), the 15-point extension of Gauss's 7-point rule: nodes from the outermost in, every second one is Gauss's.
const NODES = [0.9914553711208126, 0.9491079123427585, 0.8648644233597691, 0.7415311855993945, 0.5860872354676911, 0.4058451513773972, 0.20778495500789848];
const KRONROD = [0.022935322010529224, 0.06309209262997856, 0.10479001032225019, 0.14065325971552592, 0.1690047266392679, 0.19035057806478542, 0.20443294007529889];
const KRONROD_CENTRE = 0.20948214108472782;
const GAUSS = [0, 0.1294849661688697, 0, 0.27970539148927664, 0, 0.3818300505051189, 0];
const GAUSS_CENTRE = 0.4179591836734694;

const INV_SQRT_TWO_PI = 0.3989422804014327;
const EDGES = [1.5, 3.5, 7, 12]; // in standard deviations at the money; from the last on the tail doubles
const DOUBLINGS = 60;
const MAX_DEPTH = 24;

/**
 * {@link StrikeIntegral} of a smile. Nothing is checked; the smile may be any.
 *
 * Where prices are mixed, so are integrals of them: a blend of prices costs what its two smiles cost.
 */
export function integrateStrikes(smile: Smile, weight: StrikeWeight, options: StrikeIntegralOptions = {}): StrikeIntegral {
  if (smile.kind === 'blend' && smile.rule === 'price') {
    return mixIntegrals(smile, integrateStrikes(smile.near, weight, options), integrateStrikes(smile.far, weight, options));
  }
  return new StrikeIntegrator(smile, weight, options.tolerance ?? 1e-10).integrate(options.range ?? [-Infinity, Infinity]);
}

/** The integral under a blend of prices from those under its two smiles. */
export function mixIntegrals({ nearWeight, farWeight }: BlendSmile, near: StrikeIntegral, far: StrikeIntegral): StrikeIntegral {
  if (near.status !== 'ok' || far.status !== 'ok') return near.status !== 'ok' ? near : far;
  const mix = (key: 'puts' | 'calls' | 'error'): number => nearWeight * near[key] + farWeight * far[key];
  return sealed('ok', mix('puts'), mix('calls'), mix('error'));
}

type Problem = 'none' | 'divergent' | 'outside-strikes' | 'negative-variance';

class StrikeIntegrator {
  private readonly smile: Smile;
  private readonly weight: StrikeWeight;
  private readonly tolerance: number;
  private readonly point = new Float64Array(3);
  private problem: Problem = 'none';
  private size = 0; // of the integral as far as it is known: what errors are relative to
  private error = 0;

  constructor(smile: Smile, weight: StrikeWeight, tolerance: number) {
    this.smile = smile;
    this.weight = weight;
    this.tolerance = tolerance;
  }

  integrate([low, high]: readonly [number, number]): StrikeIntegral {
    evaluateSmile(this.smile, Math.min(Math.max(0, low), high), this.point);
    const variance = this.point[0];
    if (!(variance > 0)) return sealed(variance <= 0 ? 'negative-variance' : 'outside-strikes', NaN, NaN, NaN);
    const width = Math.sqrt(variance);
    const knots = smileKnots(this.smile);
    // A first look at the middle sets the size that the tolerance refers to.
    this.size = Math.abs(this.weight.constant) * variance * 0.1;
    const calls = high > 0 ? this.side(Math.max(low, 0), high, 1, width, knots) : 0;
    const puts = low < 0 && this.problem === 'none' ? this.side(Math.max(-high, 0), -low, -1, width, knots) : 0;
    if (this.problem !== 'none') return sealed(this.problem, NaN, NaN, NaN);
    return sealed('ok', puts, calls, this.error);
  }

  // One side of the forward, y = |k| from `from` to `to`.
  private side(from: number, to: number, sign: 1 | -1, width: number, knots: readonly number[]): number {
    const corners = sideCorners(from, to, sign, width, knots);
    let sum = 0;
    let at = from;
    let previous = Infinity;
    for (const corner of corners) {
      const part = this.panel(at, corner, sign, 0);
      if (this.problem !== 'none') return NaN;
      sum += part;
      previous = Math.abs(part);
      at = corner;
    }
    if (!Number.isFinite(sum)) this.problem = 'divergent';
    for (let i = 0; at < to && this.problem === 'none'; i++) {
      const next = Math.min(2 * at, to);
      const part = this.panel(at, next, sign, 0);
      if (this.problem !== 'none') return NaN;
      sum += part;
      const share = Math.abs(part);
      if (i === DOUBLINGS || !(share < Infinity)) {
        this.problem = 'divergent';
        return NaN;
      }
      if (share <= 0.1 * this.tolerance * this.size && previous <= this.tolerance * this.size) {
        this.error += share;
        break;
      }
      previous = share;
      at = next;
    }
    return sum;
  }

  private panel(a: number, b: number, sign: 1 | -1, depth: number): number {
    const middle = a + (b - a) / 2;
    const half = (b - a) / 2;
    const centre = this.integrand(sign * middle);
    let kronrod = KRONROD_CENTRE * centre;
    let gauss = GAUSS_CENTRE * centre;
    let spread = KRONROD_CENTRE * Math.abs(centre);
    for (let i = 0; i < 7; i++) {
      const below = this.integrand(sign * (middle - half * NODES[i]));
      const above = this.integrand(sign * (middle + half * NODES[i]));
      kronrod += KRONROD[i] * (below + above);
      gauss += GAUSS[i] * (below + above);
      spread += KRONROD[i] * (Math.abs(below) + Math.abs(above));
    }
    if (this.problem !== 'none') return NaN;
    const scale = half * spread;
    // The difference of the rules is the error of the poorer; the better one's is about its power 3/2 (Piessens et al. 1983, QUADPACK).
    const ratio = scale > 0 ? Math.min(1, (200 * half * Math.abs(kronrod - gauss)) / scale) : 0;
    const error = scale * ratio * Math.sqrt(ratio);
    if (scale > this.size) this.size = scale;
    if (error > 0.1 * this.tolerance * this.size && depth < MAX_DEPTH) return this.panel(a, middle, sign, depth + 1) + this.panel(middle, b, sign, depth + 1);
    this.error += error;
    return half * kronrod;
  }

  private integrand(k: number): number {
    evaluateSmile(this.smile, k, this.point);
    const w = this.point[0];
    if (!(w > 0)) {
      if (w === 0) return 0;
      this.problem = w < 0 ? 'negative-variance' : 'outside-strikes';
      return NaN;
    }
    const { base, constant, linear, quadratic, cubic, tilt } = this.weight;
    const x = base === 'log' ? k : Math.expm1(k);
    const polynomial = constant + x * (linear + x * (quadratic + x * cubic));
    const exponent = tilt * k - (k > 0 ? k : 0);
    const totalVol = Math.sqrt(w);
    const z = Math.abs(k) / totalVol;
    const t = 0.5 * totalVol;
    const gap = z - t;
    if (gap >= 0 || t <= 1) return polynomial * INV_SQRT_TWO_PI * Math.exp(exponent - 0.5 * gap * gap) * priceOverVega(z, t);
    return polynomial * Math.exp(exponent) * (1 - INV_SQRT_TWO_PI * Math.exp(-0.5 * gap * gap) * (millsRatio(-gap) + millsRatio(z + t)));
  }
}

function sealed(status: StrikeIntegral['status'], puts: number, calls: number, error: number): StrikeIntegral {
  return { status, puts, calls, error };
}

// Ends of the first panels of one side, ascending: fixed ones, and places where the smile bends. They reach 12 standard deviations and every such place.
function sideCorners(from: number, to: number, sign: 1 | -1, width: number, knots: readonly number[]): readonly number[] {
  const corners = EDGES.map((edge) => edge * width);
  for (const knot of knots) corners.push(sign * knot);
  const sorted = corners.filter((corner) => corner > from && corner < to).sort((a, b) => a - b);
  if (to <= Math.max(...corners)) sorted.push(to);
  else if (sorted.length === 0) sorted.push(Math.min(to, from + width));
  return sorted.filter((corner, i) => i === 0 || corner > sorted[i - 1]);
}

/** Log-moneyness at which a smile bends: its points, the centre of a hyperbola, or those of the smiles it is blended of. */
function smileKnots(smile: Smile): readonly number[] {
  if (smile.kind === 'points') return Array.from(smile.logMoneyness);
  if (smile.kind === 'svi') return [smile.m];
  if (smile.kind !== 'blend') return [];
  return smile.near === smile.far ? smileKnots(smile.near) : [...smileKnots(smile.near), ...smileKnots(smile.far)];
}
