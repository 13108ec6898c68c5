/** Drift detection by McDiarmid's bound on weighted means. */
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, DetectorStatus, Reading } from './detector.ts';
import { moreSevere, requireAlphas, requireErrorValue } from './error-stream.ts';

export interface HddmWOptions extends DetectorOptions {
  /** Weight of the newest value, in (0, 1]. @default 0.05 */
  readonly lambda?: number;
  /** Significance of one test for a drift, in (0, 1]. @default 0.001 */
  readonly driftAlpha?: number;
  /** Significance of one test for a warning, in [`driftAlpha`, 1]. @default 0.005 */
  readonly warningAlpha?: number;
  /** Which changes of the mean alarm. @default 'up' */
  readonly mode?: 'both' | 'up' | 'down';
}

// A weighted mean and the sum of its squared weights; negative: no value yet.
interface Memory {
  [name: string]: number | Float64Array;
  mean: number;
  weight: number;
  up: Float64Array;
  down: Float64Array;
}

// Places in the arrays of the two sides: the means before and after the cut, and the index after it.
const [LIMIT, BEFORE, BEFORE_WEIGHT, AFTER, AFTER_WEIGHT, ONSET] = [0, 1, 2, 3, 4, 5];

/**
 * HDDM-W: exponentially weighted mean of the values after a cut against the one before it; the cut is where the weighted mean of all values plus its bound was smallest (less its bound, largest, for falls).
 *
 * Drift when they differ by more than sqrt((w + v) / 2 ln(1 / alpha)) with the sums w and v of squared weights. Recent values weigh more than in the
 * A-test: better for gradual change. The bound holds for independent values in [0, 1], for each test, not for all of a stream. The onset is the value after the cut.
 *
 * `update` takes 1 for an error and 0 for none, or any loss in [0, 1]; other finite numbers throw a DomainError.
 *
 * @throws DomainError for options outside their ranges
 * @see Frias-Blanco, del Campo-Avila, Ramos-Jimenez, Morales-Bueno, Ortiz-Diaz and Caballero-Mota (2015), "Online and non-parametric drift detection methods based on Hoeffding's bounds", the W-test
 * @example new HddmW({ lambda: 0.1 }).updateMany(errors)
 */
export class HddmW extends SequentialDetector<HddmWOptions, Memory> {
  constructor(options: HddmWOptions = {}) {
    const rules = { lambda: [0.05, Number.MIN_VALUE, 1], driftAlpha: [0.001, Number.MIN_VALUE, 1], warningAlpha: [0.005, Number.MIN_VALUE, 1], mode: ['up', 'both', 'down'] } as const;
    super('HddmW', 'hddm-w', options, 1, rules, () => ({ mean: 0, weight: -1, up: Float64Array.of(Infinity, 0, -1, 0, -1, 0), down: Float64Array.of(Infinity, 0, -1, 0, -1, 0) }));
    requireAlphas('HddmW', this.options);
  }

  override update(value: number): DetectorStatus {
    return super.update(requireErrorValue('HddmW.update', value));
  }

  protected override observe(value: number, index: number): Reading {
    const { memory } = this;
    const { lambda, mode } = this.options;
    memory.mean = memory.weight < 0 ? value : lambda * value + (1 - lambda) * memory.mean;
    memory.weight = nextWeight(memory.weight, lambda);
    return moreSevere(mode, this.#test(memory.up, 1, value, index), this.#test(memory.down, -1, value, index));
  }

  #test(side: Float64Array, sign: number, value: number, index: number): Reading {
    const { mean, weight } = this.memory;
    const { lambda, driftAlpha, warningAlpha } = this.options;
    const limit = sign * mean + Math.sqrt((weight * Math.log(1 / driftAlpha)) / 2);
    if (limit < side[LIMIT]) side.set([limit, mean, weight, 0, -1, index + 1]);
    else {
      side[AFTER] = side[AFTER_WEIGHT] < 0 ? value : lambda * value + (1 - lambda) * side[AFTER];
      side[AFTER_WEIGHT] = nextWeight(side[AFTER_WEIGHT], lambda);
    }
    const direction = sign > 0 ? 'up' : 'down';
    if (side[AFTER_WEIGHT] < 0) return { level: 'none', statistic: NaN, threshold: NaN, direction };
    const half = (side[BEFORE_WEIGHT] + side[AFTER_WEIGHT]) / 2;
    const statistic = sign * (side[AFTER] - side[BEFORE]);
    const threshold = Math.sqrt(half * Math.log(1 / driftAlpha));
    const level = statistic > threshold ? 'drift' : statistic > Math.sqrt(half * Math.log(1 / warningAlpha)) ? 'warning' : 'none';
    return { level, statistic, threshold, direction, onset: side[ONSET] };
  }
}

// Starts from 1 as the programs in use do; the first value alone has weight 1, so that is also its sum.
function nextWeight(weight: number, lambda: number): number {
  return lambda * lambda + (1 - lambda) * (1 - lambda) * (weight < 0 ? 1 : weight);
}

/** The detector a state was taken from. @throws SchemaError for other data */
export function restoreHddmW(state: unknown): HddmW {
  return restoreDetector('restoreHddmW', state, (options: HddmWOptions) => new HddmW(options));
}
