/** Autoregression of the order that Akaike's criterion prefers. */

/**
 * Coefficients of x_t - mean on its last p deviations, by the Yule-Walker equations, which always give a stationary process.
 *
 * @param deviations - from the mean, none NaN, not all 0
 * @param maxOrder - largest p considered, below the number of values
 * @returns shape (p); p minimises n ln(innovation variance) + 2 p
 * @see Levinson's recursion in Brockwell and Davis (1991), "Time series: theory and methods", proposition 5.2.1
 */
export function fitAutoregression(deviations: Float64Array, maxOrder: number): Float64Array {
  const n = deviations.length;
  const covariance = Float64Array.from({ length: maxOrder + 1 }, (_, lag) => {
    let sum = 0;
    for (let t = lag; t < n; t++) sum += deviations[t] * deviations[t - lag];
    return sum / n;
  });
  let coefficients = new Float64Array(0);
  let chosen = coefficients;
  let innovation = covariance[0];
  let least = n * Math.log(innovation);
  for (let p = 1; p <= maxOrder && innovation > 1e-12 * covariance[0]; p++) {
    let reflection = covariance[p];
    for (let j = 1; j < p; j++) reflection -= coefficients[j - 1] * covariance[p - j];
    reflection /= innovation;
    const next = new Float64Array(p);
    for (let j = 1; j < p; j++) next[j - 1] = coefficients[j - 1] - reflection * coefficients[p - j - 1];
    next[p - 1] = reflection;
    coefficients = next;
    innovation *= 1 - reflection * reflection;
    const criterion = n * Math.log(innovation) + 2 * p;
    if (criterion < least) [least, chosen] = [criterion, coefficients];
  }
  return chosen;
}
