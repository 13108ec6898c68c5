/** Durrleman's function: the sign of the density that a smile implies. */

/**
 * g(k) = (1 - k w' / (2 w))^2 - w'^2 / 4 (1 / w + 1 / 4) + w'' / 2.
 *
 * The risk-neutral density of ln(S / F) is g times a positive number, so call prices are convex in the strike where g >= 0.
 * Unchecked, for inner loops: w must be > 0.
 *
 * @see Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", eq. (2.1); Durrleman (2005)
 * @example durrlemanG(0, Float64Array.of(0.04, 0, 0)) // 1, a flat smile
 */
export function durrlemanG(logMoneyness: number, smile: Float64Array): number {
  const w = smile[0];
  const slope = smile[1];
  const u = 1 - (logMoneyness * slope) / (2 * w);
  return u * u - ((slope * slope) / 4) * (1 / w + 0.25) + smile[2] / 2;
}
