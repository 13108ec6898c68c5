/** What is known of an exercise boundary before it is solved for: its two ends in time, and a first guess in between. */

/** The contract, in units of its strike. */
export interface UnitPut {
  readonly rate: number;
  readonly dividendYield: number;
  readonly annualizedVol: number;
  readonly expiryYears: number;
}

/** 1: a boundary below which a put is exercised. -1: the lower one of two, with yield < rate < 0, above which it is. */
export type BoundarySide = 1 | -1;

/** ln of the boundary just before expiry: min(strike, strike rate / yield); of the lower one of two: strike rate / yield. */
export function logBoundaryAtExpiry(put: UnitPut, side: BoundarySide): number {
  return side < 0 || put.dividendYield > put.rate ? Math.log(put.rate / put.dividendYield) : 0;
}

/**
 * ln of the smooth-pasted boundary of a put that never expires: b = l / (l - 1), with l the lower root of vol^2/2 l (l-1) + (r-q) l - r = 0, or the
 * upper root for the lower one of two boundaries.
 *
 * Two boundaries whose equation has no such roots meet. Until then neither passes the value at expiry of the other, which is the answer.
 */
export function perpetualLogBoundary(put: UnitPut, side: BoundarySide): number {
  const variance = put.annualizedVol * put.annualizedVol;
  const drift = (put.rate - put.dividendYield) / variance - 0.5;
  const square = drift * drift + (2 * put.rate) / variance;
  if (put.rate < 0 && !(square > 0 && drift > 0)) return side < 0 ? 0 : logBoundaryAtExpiry(put, -1);
  const lower = -drift - Math.sqrt(Math.max(0, square));
  const root = side < 0 ? (-2 * put.rate) / (variance * lower) : lower; // their product is -2 r / vol^2
  return root < 0 ? Math.log(root / (root - 1)) : -50;
}

/**
 * A guess of ln b at `years` to expiry, between its value at expiry and the perpetual one.
 *
 * Between the two as in Bjerksund and Stensland (1993), eq. 13, read for a put; shortly before expiry, where that is too near the strike, the
 * expansions of Evans, Kuske and Keller (2002) for r > q and r = q, of which the nearer to the strike holds in between (and for r a little below q).
 */
export function startingLogBoundary(put: UnitPut, years: number, atExpiry: number, perpetual: number): number {
  const { rate, dividendYield } = put;
  const totalVol = put.annualizedVol * Math.sqrt(years);
  const near = Math.exp(-atExpiry);
  const width = Math.max(1e-12, Math.exp(-perpetual) - near);
  const exponent = (Math.max(totalVol, 2 * totalVol + (dividendYield - rate) * years) * near) / width;
  const start = -Math.log(near - width * Math.expm1(-exponent));
  const carried = (rate - dividendYield) * years;
  const apart = Math.log((totalVol * totalVol) / (8 * Math.PI * carried * carried));
  const equal = rate > 0 ? 2 * Math.log(1 / (4 * Math.sqrt(Math.PI) * rate * years)) : Infinity;
  return Math.max(perpetual, Math.min(start, -totalVol * Math.sqrt(Math.max(0, Math.min(apart, equal)))));
}

/** A guess of the lower one of two boundaries: the first term in the square root of time, which is that of a put with r < q, mirrored. */
export function startingLowerLogBoundary(put: UnitPut, years: number, atExpiry: number, perpetual: number): number {
  const rise = 0.6388 * put.annualizedVol * Math.sqrt(years); // sqrt(2) 0.4517, Evans, Kuske and Keller (2002)
  return atExpiry + Math.min(rise, 0.95 * (perpetual - atExpiry));
}
