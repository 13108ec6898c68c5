/**
 * Differences of Y(z) = Phi(z) / phi(z), the Mills ratio at -z, that keep their digits.
 *
 * An out-of-the-money option is worth F phi(d1) (Y(h + t) - Y(h - t)) with h = -|ln(F/K)| / s, t = s / 2 and s = vol sqrt(T): the exponential
 * decay is in phi alone, and what is left is a difference of two nearly equal numbers whenever s is small.
 */
import { millsDefect, millsRatio } from './mills-ratio.ts';

const SQRT_TWO_PI = 2.5066282746310002;

/**
 * Y(h + t) - Y(h - t) for h <= 0 <= t and h + t <= 1/2, to a relative 5e-15.
 *
 * Apart, the plain difference. Close together, the Taylor series 2 sum over odd n of Y^(n)(h) t^n / n!: the derivatives follow
 * Y^(n+1) = h Y^(n) + n Y^(n-1) upwards near 0, and downwards (Miller's algorithm) below, where the upward recurrence cancels.
 */
export function millsDifference(h: number, t: number): number {
  if (t > 0.2 * Math.max(1, -h)) return (h + t <= 0 ? millsRatio(-h - t) : SQRT_TWO_PI * Math.exp(0.5 * (h + t) * (h + t)) - millsRatio(h + t)) - millsRatio(t - h);
  return h > -3.5 ? differenceUpward(h, t) : differenceDownward(h, t);
}

function differenceUpward(h: number, t: number): number {
  let even = millsRatio(-h);
  let odd = millsDefect(-h);
  let power = 2 * t;
  let sum = power * odd;
  for (let n = 1; n < 19; n += 2) {
    even = h * odd + n * even;
    odd = h * even + (n + 1) * odd;
    power *= (t * t) / ((n + 1) * (n + 2));
    const term = power * odd;
    sum += term;
    if (term < 1e-17 * sum) break;
  }
  return sum;
}

// With r_n = Y^(n) / Y^(n-1) = n / (-h + r_(n+1)), all positive; the sum is nested in the same pass.
function differenceDownward(h: number, t: number): number {
  let n = 2 * Math.ceil(11 + 60 / (h * h)) + 1;
  let next = 0.5 * (h + Math.sqrt(h * h + 4 * n + 4));
  let nested = 1;
  for (; n > 1; n -= 2) {
    const odd = n / (next - h);
    const even = (n - 1) / (odd - h);
    nested = 1 + ((odd * even * t * t) / (n * (n - 1))) * nested;
    next = even;
  }
  return 2 * millsDefect(-h) * t * nested;
}
