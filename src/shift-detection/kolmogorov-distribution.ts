/** Distribution functions of the Kolmogorov-Smirnov statistics. */

// Below this many values the one-sample distribution is exact, above it is the limit with two terms of correction (error below 1e-4).
const EXACT_BELOW = 141;

/** P(D > d) of the two-sided one-sample statistic of n values. */
export function kolmogorovUpper(d: number, n: number): number {
  if (d <= 0 || d >= 1) return d <= 0 ? 1 : 0;
  if (n >= EXACT_BELOW) {
    const root = Math.sqrt(n);
    return limitUpper(d * root + 1 / (6 * root) + (d * root - 1) / (4 * n));
  }
  // Both tails at once have probability about 2 exp(-8 n d^2): beyond 4 the one-sided tail says it all, and keeps its digits.
  return n * d * d > 4 ? 2 * smirnovUpper(d, n) : Math.max(0, 1 - exactCdf(d, n));
}

/**
 * Kolmogorov's limit, by the series that converges at x.
 *
 * The argument is corrected as in Vrbik (2018), "Small-sample corrections to Kolmogorov-Smirnov test statistic".
 */
function limitUpper(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1) {
    for (let k = 1; k < 12; k += 2) sum += Math.exp(-(k * k * Math.PI * Math.PI) / (8 * x * x));
    return Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / x) * sum);
  }
  for (let k = 1; k < 8; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}

// Birnbaum and Tingey (1951), "One-sided confidence contours for probability distribution functions", equation 3.0.
function smirnovUpper(d: number, n: number): number {
  let sum = 0;
  let logChoose = 0;
  for (let j = 0; j / n < 1 - d; j++) {
    sum += Math.exp(logChoose + (n - j) * Math.log(1 - d - j / n) + (j - 1) * Math.log(d + j / n));
    logChoose += Math.log((n - j) / (j + 1));
  }
  return d * sum;
}

// Marsaglia, Tsang and Wang (2003), "Evaluating Kolmogorov's distribution": a corner of n! / n^n H^n, here as n products with a row vector.
function exactCdf(d: number, n: number): number {
  const k = Math.ceil(n * d);
  const h = k - n * d;
  const m = 2 * k - 1;
  const factorial = [1];
  for (let i = 1; i <= m; i++) factorial.push(factorial[i - 1] * i);
  const matrix = Array.from({ length: m }, (_, i) =>
    Array.from({ length: m }, (__, j) => {
      let value = i - j + 1 < 0 ? 0 : 1;
      if (j === 0) value -= h ** (i + 1);
      if (i === m - 1) value -= h ** (m - j);
      if (i === m - 1 && j === 0 && h > 0.5) value += (2 * h - 1) ** m;
      return value / factorial[Math.max(0, i - j + 1)];
    }),
  );
  let row = Float64Array.from({ length: m }, (_, j) => (j === k - 1 ? 1 : 0));
  for (let step = 1; step <= n; step++) row = row.map((_, j) => (row.reduce((sum, value, i) => sum + value * matrix[i][j], 0) * step) / n);
  return row[k - 1];
}

/**
 * P(D >= gap / (m n)) over all ways to deal m + n pooled values to two samples of m and n: the chance that the path of counts (i, j) ever has
 * |i n - j m| >= gap, built up from the chance of it on the way back from each point.
 *
 * @param gap - an integer
 * @param isTied - whether the value after the first s pooled ones equals the one before it; there the path is not looked at
 * @see Schroeer and Trenkler (1995), "Exact and randomization distributions of Kolmogorov-Smirnov tests two or three samples", for ties
 */
export function exactTwoSampleUpper(gap: number, m: number, n: number, isTied: Uint8Array): number {
  if (gap <= 0) return 1;
  const reached = new Float64Array(n + 1); // of row i; sums of positive terms, so that the smallest p keeps its digits
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j <= n; j++) {
      const steps = i + j;
      if (isTied[steps] === 0 && Math.abs(i * n - j * m) >= gap) reached[j] = 1;
      else if (steps > 0) reached[j] = (i * (i > 0 ? reached[j] : 0) + j * (j > 0 ? reached[j - 1] : 0)) / steps;
    }
  }
  return reached[n];
}
