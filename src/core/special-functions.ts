/** Distribution functions: normal, beta, Student t; relative accuracy holds in the tails. */

const INV_SQRT_PI = 0.5641895835477563;

// Coefficients of the rational functions of Cody (1969), highest power first.
const ERF = [[0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694], [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171]] as const;
const ERFC = [
  [2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972],
  [1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597, 4362.619090143247, 3439.3676741437216, 1230.3393548037495],
] as const;
const ERFC_TAIL = [
  [0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378],
  [1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918],
] as const;

type Rational = readonly [readonly number[], readonly number[]];

function ratio([numerator, denominator]: Rational, x: number): number {
  let p = 0;
  let q = 0;
  for (const c of numerator) p = p * x + c;
  for (const c of denominator) q = q * x + c;
  return p / q;
}

// Complementary error function. Cody (1969), "Rational Chebyshev approximations for the error function".
function erfc(x: number): number {
  const a = Math.abs(x);
  if (a <= 0.46875) return 1 - x * ratio(ERF, a * a);
  const scaled = a <= 4 ? ratio(ERFC, a) : (INV_SQRT_PI - ratio(ERFC_TAIL, 1 / (a * a)) / (a * a)) / a;
  // exp(-a^2) keeps its digits when the square is taken of a with few bits and the rest apart.
  const head = Math.trunc(a * 16) / 16;
  const tail = a > 27 ? 0 : Math.exp(-head * head) * Math.exp(-(a - head) * (a + head)) * scaled;
  return x < 0 ? 2 - tail : x !== x ? NaN : tail;
}

/** P(Z <= z) of a standard normal Z, to 1e-15 in the middle and a relative 1e-13 down to z = -37. */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z / Math.SQRT2);
}

// Wichura (1988), algorithm AS 241, PPND16: highest power first.
const CENTRE = [
  [2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665],
  [5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579, 42.31333070160091, 1],
] as const;
const SHOULDER = [
  [0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835],
  [1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851, 1.6763848301838038, 2.053191626637759, 1],
] as const;
const TAIL = [
  [2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103],
  [2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133, 0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1],
] as const;

/**
 * Quantile of the standard normal: the z with P(Z <= z) = p.
 *
 * @param p - in [0, 1]; 0 and 1 give the infinities, anything else NaN
 * @see Wichura (1988), "Algorithm AS 241: the percentage points of the normal distribution"
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? ratio(SHOULDER, r - 1.6) : ratio(TAIL, r - 5);
  return q < 0 ? -z : z;
}

// ln Gamma(a) minus Stirling's (a - 1/2) ln a - a + ln sqrt(2 pi), by its asymptotic series from a = 12 on and recurrence below.
function stirlingRemainder(a: number): number {
  if (a < 12) return stirlingRemainder(a + 1) + (a + 0.5) * Math.log1p(1 / a) - 1;
  const s = 1 / (a * a);
  return (1 / 12 + s * (-1 / 360 + s * (1 / 1260 + s * (-1 / 1680 + s * (1 / 1188 + s * (-691 / 360360 + s / 156)))))) / a;
}

/** ln B(a, b) for a, b > 0, without the difference of large numbers that three ln Gamma would be. */
function logBeta(a: number, b: number): number {
  const sum = a + b;
  const remainders = stirlingRemainder(a) + stirlingRemainder(b) - stirlingRemainder(sum);
  return remainders + 0.5 * Math.log((2 * Math.PI * sum) / (a * b)) - a * Math.log1p(b / a) - b * Math.log1p(a / b);
}

/**
 * Regularized incomplete beta function I_x(a, b): P(X <= x) of a beta variable.
 *
 * Relative accuracy 1e-14 for a + b up to 100, one digit less for each ten times more.
 *
 * @param x - in [0, 1]
 * @param a - >= 0; with 0 all mass lies at 0
 * @param b - > 0
 * @param complement - 1 - x, where the caller knows it to more digits
 * @see DLMF 8.17.22, the continued fraction, evaluated by Lentz's method (Thompson and Barnett 1986)
 */
export function regularizedBeta(x: number, a: number, b: number, complement: number = 1 - x): number {
  if (x !== x || !(x > 0) || a === 0) return x !== x ? NaN : a === 0 ? 1 : 0;
  if (!(complement > 0)) return 1;
  // The fraction converges fast on the side of the mean that x lies on.
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(complement, b, a, x);
  const logX = x > 0.5 ? Math.log1p(-complement) : Math.log(x);
  const logComplement = x > 0.5 ? Math.log(complement) : Math.log1p(-x);
  return Math.exp(a * logX + b * logComplement - logBeta(a, b)) / (a * betaFraction(x, a, b));
}

function betaFraction(x: number, a: number, b: number): number {
  const TINY = 1e-300; // stands for a zero that would be divided by
  let value = 1;
  let c = 1;
  let d = 0;
  for (let i = 1; i <= 100_000; i++) {
    const m = i >> 1;
    const term = i % 2 === 0 ? (m * (b - m) * x) / ((a + i - 1) * (a + i)) : (-(a + m) * (a + b + m) * x) / ((a + i - 1) * (a + i));
    d = 1 / (1 + term * d || TINY);
    c = 1 + term / c || TINY;
    value *= c * d;
    if (Math.abs(c * d - 1) <= Number.EPSILON) break;
  }
  return value;
}

/**
 * P(|T| >= |t|) of Student's t.
 *
 * @param degreesOfFreedom - > 0
 */
export function studentTTwoSided(t: number, degreesOfFreedom: number): number {
  if (Math.abs(t) === Infinity) return 0;
  const scale = degreesOfFreedom + t * t;
  return regularizedBeta(degreesOfFreedom / scale, degreesOfFreedom / 2, 0.5, (t * t) / scale);
}

/** P(T <= t) of Student's t. */
export function studentTCdf(t: number, degreesOfFreedom: number): number {
  const half = studentTTwoSided(t, degreesOfFreedom) / 2;
  return t > 0 ? 1 - half : half;
}

/**
 * Upper regularized incomplete gamma function Q(a, x): P(X > x) of a gamma variable with shape a and scale 1.
 *
 * Relative accuracy about 1e-13, in the upper tail too.
 *
 * @param a - > 0
 * @param x - below 0 counts as 0
 * @see DLMF 8.11.4, the series below the mean, and 8.9.2, the continued fraction above it
 */
export function regularizedGammaUpper(a: number, x: number): number {
  if (x !== x || a !== a) return NaN;
  if (!(x > 0)) return 1;
  if (x === Infinity) return 0;
  // x^a e^-x / Gamma(a), without the difference of large logarithms.
  const shift = (x - a) / a;
  const density = Math.sqrt(a / (2 * Math.PI)) * Math.exp(a * ((Math.abs(shift) < 0.5 ? Math.log1p(shift) : Math.log(x / a)) - shift) - stirlingRemainder(a));
  if (x >= a + 1) return density * gammaFraction(a, x);
  let term = 1 / a;
  let sum = term;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return 1 - density * sum;
}

// Gamma(a, x) / (x^a e^-x) by Lentz's method.
function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i <= 100_000; i++) {
    const term = i * (a - i);
    b += 2;
    d = 1 / (b + term * d);
    c = b + term / c;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return value;
}

/** P(X > x) of a chi-square variable. */
export function chiSquareUpper(x: number, degreesOfFreedom: number): number {
  return regularizedGammaUpper(degreesOfFreedom / 2, x / 2);
}

/**
 * The x with P(X > x) = tail of a gamma variable with the given shape and scale 1.
 *
 * @param tail - in [0, 1]; 0 gives Infinity, 1 gives 0
 */
export function gammaUpperQuantile(shape: number, tail: number): number {
  if (!(tail > 0 && tail < 1)) return tail === 0 ? Infinity : tail === 1 ? 0 : NaN;
  let low = 0;
  let high = shape + 1;
  while (regularizedGammaUpper(shape, high) > tail) {
    low = high;
    high *= 2;
  }
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) return high;
    if (regularizedGammaUpper(shape, middle) > tail) low = middle;
    else high = middle;
  }
}
