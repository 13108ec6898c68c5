/**
 * What rounding took from a sum, a product or a logarithm.
 *
 * A tail price behaves like exp(-d^2 / 2): with d near 37 one rounding of d costs three digits. These functions return the lost part,
 * so that a caller can carry a number as a pair of doubles without allocating one.
 *
 * @see Dekker (1971), "A floating-point technique for extending the available precision"; Knuth, TAOCP 2, 4.2.2 theorem B
 */

/** (a + b) - sum exactly, where `sum` is the rounded a + b. */
export function sumError(a: number, b: number, sum: number): number {
  const back = sum - a;
  return a - (sum - back) + (b - back);
}

const SPLITTER = 134217729; // 2^27 + 1

/** a b - product exactly, where `product` is the rounded a b; for magnitudes in 1e-140..1e140. */
export function productError(a: number, b: number, product: number): number {
  const wideA = SPLITTER * a;
  const headA = wideA - (wideA - a);
  const tailA = a - headA;
  const wideB = SPLITTER * b;
  const headB = wideB - (wideB - b);
  const tailB = b - headB;
  return headA * headB - product + headA * tailB + tailA * headB + tailA * tailB;
}

// ln(1 + j/16) for j = -5..7 as a double and what it lacks; made with mpmath at 60 digits.
const LOG_HEAD = [
  -0.3746934494414107, -0.2876820724517809, -0.2076393647782445, -0.13353139262452263, -0.06453852113757118, 0, 0.06062462181643484,
  0.11778303565638346, 0.17185025692665923, 0.22314355131420976, 0.27193371548364176, 0.3184537311185346, 0.3629054936893685,
];
const LOG_TAIL = [
  3.9243112288632396e-18, -2.607160616442564e-17, -1.2053243216686129e-17, 3.664457663660085e-18, 6.470486661692933e-18, 0, 2.6424025938726934e-18,
  -1.1971685747593677e-18, -6.0224538210113705e-18, -9.091270597324799e-18, 7.83319637697442e-19, 2.7114779367326236e-17, -2.1492361455310972e-17,
];
const LN2_HEAD = 0.693147180559663; // 41 bits, so that its multiples are exact
const LN2_TAIL = 2.8235290563031577e-13;

/** ln(a / b) in doubles, with full relative accuracy for a near b. */
export function logRatio(a: number, b: number): number {
  const ratio = a / b;
  return ratio > 0.5 && ratio < 2 ? Math.log1p((a - b) / b) : Math.log(ratio);
}

/**
 * ln(a / b) - approximation to about 20 digits of the logarithm, for an approximation good to a few ulps; 0 where a and b are too extreme to tell.
 *
 * With a / b = 2^e m and c the multiple of 1/16 next to m: e ln 2 + ln c + 2 atanh((m - c) / (m + c)).
 */
export function logRatioError(a: number, b: number, approximation: number): number {
  const ratio = a / b;
  if (!(ratio > 0 && ratio < Infinity)) return 0;
  const back = ratio * b;
  const ratioRest = (a - back - productError(ratio, b, back)) / a;
  let mantissa = ratio;
  let exponent = 0;
  for (; mantissa >= 2 ** 31; exponent += 32) mantissa /= 2 ** 32;
  for (; mantissa < 2 ** -31; exponent -= 32) mantissa *= 2 ** 32;
  for (; mantissa >= 1.46875; exponent++) mantissa /= 2;
  for (; mantissa < 0.71875; exponent--) mantissa *= 2;
  const j = Math.round((mantissa - 1) * 16);
  const centre = 1 + j / 16;
  const difference = mantissa - centre;
  const sum = mantissa + centre;
  const f = difference / sum;
  const product = f * sum;
  const fRest = (difference - product - productError(f, sum, product) - f * sumError(mantissa, centre, sum)) / sum;
  const f2 = f * f;
  const series = 2 * f * f2 * (1 / 3 + f2 * (1 / 5 + f2 * (1 / 7 + f2 * (1 / 9 + f2 * (1 / 11 + f2 / 13)))));
  const first = exponent * LN2_HEAD;
  const second = first + LOG_HEAD[j + 5];
  const third = second + 2 * f;
  const rest = exponent * LN2_TAIL + LOG_TAIL[j + 5] + 2 * fRest + series + ratioRest + sumError(first, LOG_HEAD[j + 5], second) + sumError(second, 2 * f, third);
  const error = third - approximation + rest;
  return Math.abs(error) < 1e-12 ? error : 0;
}
