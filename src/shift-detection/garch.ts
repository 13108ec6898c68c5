/** A volatility recursion fitted by quasi-likelihood. */

/** Variance of the next error: omega + variance * (alpha * min(z^2, 16) + beta), z the present error in standard deviations. */
export interface VolatilityRecursion {
  readonly omega: number;
  readonly alpha: number;
  readonly beta: number;
}

// An error beyond 4 standard deviations counts as 4: one outlier must not blind the filter for weeks (Muler and Yohai 2008, "Robust estimates for GARCH models").
const Z_SQUARED_MAX = 16;

/** One step of the recursion. */
export function nextVariance({ omega, alpha, beta }: VolatilityRecursion, variance: number, error: number): number {
  return omega + variance * beta + alpha * Math.min(error * error, Z_SQUARED_MAX * variance);
}

// Minus twice the Gaussian log-likelihood, constants left out.
function deviance(errors: Float64Array, recursion: VolatilityRecursion, start: number): number {
  let variance = start;
  let sum = 0;
  for (let i = 0; i < errors.length; i++) {
    sum += Math.log(variance) + (errors[i] * errors[i]) / variance;
    variance = nextVariance(recursion, variance, errors[i]);
  }
  return sum;
}

/**
 * GARCH(1,1) with the long-run variance fixed at that of the sample, by Gaussian quasi-likelihood.
 *
 * Two parameters, found on a grid and then by a pattern search. A gain in deviance below 6 (5 % of a chi-square with two degrees of freedom)
 * is taken for chance: then the variance is constant, alpha = beta = 0.
 *
 * @param errors - with mean near 0, none NaN
 * @param variance - of the errors, > 0
 * @see Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity"; Francq, Horvath and Zakoian (2011) on variance targeting
 */
export function fitGarch(errors: Float64Array, variance: number): VolatilityRecursion {
  const recursion = (alpha: number, logGap: number): VolatilityRecursion => {
    const gap = Math.exp(logGap); // 1 - alpha - beta
    return { omega: variance * gap, alpha, beta: 1 - gap - alpha };
  };
  const cost = (alpha: number, logGap: number): number =>
    alpha < 0 || logGap < Math.log(0.002) || Math.exp(logGap) + alpha > 1 ? Infinity : deviance(errors, recursion(alpha, logGap), variance);
  let best = [0, 0, errors.length * (Math.log(variance) + 1)];
  const constant = deviance(errors, { omega: variance, alpha: 0, beta: 0 }, variance);
  const consider = (alpha: number, logGap: number): boolean => {
    const value = cost(alpha, logGap);
    if (!(value < best[2])) return false;
    best = [alpha, logGap, value];
    return true;
  };
  best[2] = constant;
  for (const alpha of [0.03, 0.08, 0.2]) for (const gap of [0.005, 0.02, 0.06, 0.2, 0.5]) consider(alpha, Math.log(gap));
  for (let [step, logStep] = [0.04, 0.7]; step > 5e-4; ) {
    const [alpha, logGap] = best;
    const moved = [consider(alpha + step, logGap), consider(alpha - step, logGap), consider(alpha, logGap + logStep), consider(alpha, logGap - logStep)];
    if (!moved.includes(true)) [step, logStep] = [step / 2, logStep / 2];
  }
  return Object.freeze(constant - best[2] > 6 ? recursion(best[0], best[1]) : { omega: variance, alpha: 0, beta: 0 });
}
