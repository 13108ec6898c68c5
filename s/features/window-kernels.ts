/**
 * Windows over one run, unchecked and tight.
 *
 * Each writes `out[a..b)` from `x`, where the run starts at `lo` and a window of k is positions i-k+1..i; a window that starts before the run
 * leaves `out` as it is (NaN). Every value is computed from its own window alone, oldest first and without running sums, so it has the same
 * bits whatever comes before. Sums of deviations start from the window's newest value: equal values give a variance of exactly 0.
 * A result that is not finite becomes NaN.
 */

/** NaN unless finite. */
function finite(value: number): number {
  return value - value === 0 ? value : NaN;
}

function firstFull(lo: number, a: number, k: number): number {
  return Math.max(a, lo + k - 1);
}

export function windowSum(x: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    let sum = 0;
    for (let j = i - k + 1; j <= i; j++) sum += x[j];
    out[i] = finite(sum);
  }
}

export function windowMean(x: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    let sum = 0;
    for (let j = i - k + 1; j <= i; j++) sum += x[j];
    out[i] = finite(sum / k);
  }
}

/** ln of the mean of x y. */
export function windowLogMeanProduct(x: Float64Array, y: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    let sum = 0;
    for (let j = i - k + 1; j <= i; j++) sum += x[j] * y[j];
    out[i] = finite(Math.log(sum / k));
  }
}

/** Standard deviation, ddof 1, times `scale`. */
export function windowStd(x: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number, scale: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    const pivot = x[i];
    let sum = 0;
    for (let j = i - k + 1; j <= i; j++) sum += x[j] - pivot;
    const shift = sum / k;
    let squares = 0;
    for (let j = i - k + 1; j <= i; j++) {
      const d = x[j] - pivot - shift;
      squares += d * d;
    }
    out[i] = finite(Math.sqrt(squares / (k - 1)) * scale);
  }
}

/** (newest - mean) / std, ddof 1. */
export function windowZScore(x: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    const pivot = x[i];
    let sum = 0;
    for (let j = i - k + 1; j <= i; j++) sum += x[j] - pivot;
    const shift = sum / k;
    let squares = 0;
    for (let j = i - k + 1; j <= i; j++) {
      const d = x[j] - pivot - shift;
      squares += d * d;
    }
    out[i] = finite(-shift / Math.sqrt(squares / (k - 1)));
  }
}

// pandas 1.5 calls a window with a smaller population variance constant.
const SKEWNESS_MIN_VARIANCE = 1e-14;

/** Bias-corrected skewness, Joanes and Gill (1998) G1. */
export function windowSkewness(x: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  const correction = Math.sqrt(k * (k - 1)) / (k - 2);
  for (let i = firstFull(lo, a, k); i < b; i++) {
    const pivot = x[i];
    let sum = 0;
    for (let j = i - k + 1; j <= i; j++) sum += x[j] - pivot;
    const shift = sum / k;
    let m2 = 0;
    let m3 = 0;
    for (let j = i - k + 1; j <= i; j++) {
      const d = x[j] - pivot - shift;
      m2 += d * d;
      m3 += d * d * d;
    }
    m2 /= k;
    m3 /= k;
    out[i] = m2 > SKEWNESS_MIN_VARIANCE ? finite((correction * m3) / (m2 * Math.sqrt(m2))) : NaN;
  }
}

/** Sum of the rises over the sum of the moves. */
export function windowRelativeStrength(x: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    let up = 0;
    let down = 0;
    for (let j = i - k + 1; j <= i; j++) {
      const v = x[j];
      if (v > 0) up += v;
      else down -= v; // NaN falls here and makes the result NaN
    }
    out[i] = finite(up / (up + down));
  }
}

export function windowMeanAbsolute(x: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    let sum = 0;
    for (let j = i - k + 1; j <= i; j++) sum += Math.abs(x[j]);
    out[i] = finite(sum / k);
  }
}

export function windowMaxAbsolute(x: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    let max = 0;
    for (let j = i - k + 1; j <= i; j++) max = Math.max(max, Math.abs(x[j])); // Math.max keeps NaN
    out[i] = finite(max);
  }
}

/** y_i - max x. */
export function windowGapToMax(x: Float64Array, y: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    let max = -Infinity;
    for (let j = i - k + 1; j <= i; j++) max = Math.max(max, x[j]);
    out[i] = finite(y[i] - max);
  }
}

/** y_i - min x. */
export function windowGapToMin(x: Float64Array, y: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    let min = Infinity;
    for (let j = i - k + 1; j <= i; j++) min = Math.min(min, x[j]);
    out[i] = finite(y[i] - min);
  }
}

/** cov(x, y) / var(y). */
export function windowBeta(x: Float64Array, y: Float64Array, out: Float64Array, lo: number, a: number, b: number, k: number): void {
  for (let i = firstFull(lo, a, k); i < b; i++) {
    const px = x[i];
    const py = y[i];
    let sx = 0;
    let sy = 0;
    for (let j = i - k + 1; j <= i; j++) {
      sx += x[j] - px;
      sy += y[j] - py;
    }
    const mx = sx / k;
    const my = sy / k;
    let sxy = 0;
    let syy = 0;
    for (let j = i - k + 1; j <= i; j++) {
      const dy = y[j] - py - my;
      sxy += (x[j] - px - mx) * dy;
      syy += dy * dy;
    }
    out[i] = syy > 0 ? finite(sxy / syy) : NaN;
  }
}
