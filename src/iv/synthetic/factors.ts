/** Mean-reverting factors that drive a synthetic history of surfaces. */
import { requireNumber } from '../../core/assert.ts';

/** dx = meanReversion (mean - x) dt + volatility dW, started at its mean. Rates are per year. */
export interface OuFactor {
  readonly mean: number;
  /** > 0. */
  readonly meanReversion: number;
  /** >= 0; the standard deviation after a long time is volatility / sqrt(2 meanReversion). */
  readonly volatility: number;
}

/** A factor with its defaults filled in and checked. */
export function requireFactor(fn: string, name: string, factor: Partial<OuFactor> | undefined, defaults: OuFactor): OuFactor {
  const mean = requireNumber(fn, `${name}.mean`, factor?.mean ?? defaults.mean);
  const meanReversion = requireNumber(fn, `${name}.meanReversion`, factor?.meanReversion ?? defaults.meanReversion, { min: 0, open: true });
  const volatility = requireNumber(fn, `${name}.volatility`, factor?.volatility ?? defaults.volatility, { min: 0 });
  return { mean, meanReversion, volatility };
}

/** The factor after `years`, exactly, for one standard normal draw. */
export function stepFactor({ mean, meanReversion, volatility }: OuFactor, value: number, years: number, draw: number): number {
  const decay = Math.exp(-meanReversion * years);
  const deviation = volatility * Math.sqrt(-Math.expm1(-2 * meanReversion * years) / (2 * meanReversion));
  return mean + (value - mean) * decay + deviation * draw;
}
