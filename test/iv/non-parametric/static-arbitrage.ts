/**
 * Static arbitrage of total variance functions on a fine grid, from nothing but Black's formula: prices whose second differences in the strike are negative,
 * and variances that fall with expiry at equal log-moneyness. Its normal distribution is a continued fraction of its own.
 */

/** P(Z > z) for z >= 0, to a relative 1e-14. */
function upperTail(z: number): number {
  if (z < 2.5) {
    // Phi(z) - 1/2 = phi(z) (z + z^3 / 3 + z^5 / 15 + ...)
    let term = z;
    let sum = z;
    for (let n = 3; Math.abs(term) > 1e-18 * sum; n += 2) {
      term *= (z * z) / n;
      sum += term;
    }
    return 0.5 - (sum * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
  }
  let fraction = z;
  for (let n = 120; n >= 1; n--) fraction = z + n / fraction;
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI) / fraction;
}

const cdf = (z: number): number => (z > 0 ? 1 - upperTail(z) : upperTail(-z));

/** Put for k < 0, else call, over the forward, undiscounted. */
export function outOfTheMoney(k: number, w: number): number {
  const s = Math.sqrt(w);
  const d1 = -k / s + s / 2;
  const d2 = d1 - s;
  return k < 0 ? Math.exp(k) * cdf(-d2) - cdf(-d1) : cdf(d1) - Math.exp(k) * cdf(d2);
}

export interface ArbitrageCount {
  readonly butterfly: number;
  readonly calendar: number;
  /** Prices outside [0, min(1, strike)] or rising away from the forward. */
  readonly bounds: number;
}

type Variance = (k: number) => number;

/**
 * Counts violations of slices in order of expiry, at `points` places on either side, to `deviations` at-the-money deviations of each slice.
 *
 * The grid is even in the strike's logarithm; second differences are in the strike itself. An out-of-the-money price from w has a relative error of about
 * 1e-15 |d|^2 < 1e-12; a step of 1/40 deviation makes real second differences 1e-5 of the price, so -1e-9 of the price is a violation and not rounding.
 */
export function countArbitrage(slices: readonly Variance[], deviations = 10, points = 400): ArbitrageCount {
  let butterfly = 0;
  let calendar = 0;
  let bounds = 0;
  slices.forEach((variance, i) => {
    const s = Math.sqrt(variance(0));
    const step = (deviations * s) / points;
    const prices: number[] = [];
    const strikes: number[] = [];
    for (let j = -points; j <= points; j++) {
      const k = j * step;
      const w = variance(k);
      if (!(w > 0)) bounds++;
      if (i > 0 && !(w >= slices[i - 1](k) * (1 - 1e-12))) calendar++;
      strikes.push(Math.exp(k));
      const price = outOfTheMoney(k, w);
      prices.push(Math.abs(price) < 1e-290 ? 0 : price); // no digits left
      if (!(prices[j + points] >= 0 && prices[j + points] <= Math.min(1, strikes[j + points]))) bounds++;
    }
    for (let j = 1; j < prices.length - 1; j++) {
      const middle = points; // the forward, where puts change to calls
      // Below the forward all three are puts, above calls; at the forward the put on its left becomes a call by parity.
      const low = j === middle ? prices[j - 1] + 1 - strikes[j - 1] : prices[j - 1];
      const high = prices[j + 1]; // at the forward put and call are worth the same
      const share = (strikes[j + 1] - strikes[j]) / (strikes[j + 1] - strikes[j - 1]);
      const chord = share * low + (1 - share) * high;
      if (prices[j] > chord * (1 + 1e-9) || Number.isNaN(chord)) butterfly++;
      if (j < middle ? prices[j] < prices[j - 1] : prices[j + 1] > prices[j]) bounds++;
    }
  });
  return { butterfly, calendar, bounds };
}
