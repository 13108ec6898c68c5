/** An exchangeability martingale on conformal p-values: an alarm that is valid at any time. */
import { hashUniform } from '../core/hash.ts';
import { lowerBound } from '../core/sort.ts';
import { SequentialDetector, restoreDetector } from './detector.ts';
import type { DetectorOptions, DetectorState, Reading } from './detector.ts';

export interface ExchangeabilityMartingaleOptions extends DetectorOptions {
  /** Probability of ever raising a false alarm on an exchangeable stream, in (0, 1). @default 0.01 */
  readonly alpha?: number;
  /** Above 0 the alarm is for the long run instead: at least this many updates between false alarms on average. @default 0, by `alpha` */
  readonly targetRunLength?: number;
  /** Share of the capital moved between the bets at each step, in (0, 1]. @default 0.01 */
  readonly jump?: number;
  /** Of the draws that break ties and smooth p-values, a 32-bit integer. @default 0 */
  readonly seed?: number;
}

interface Memory {
  [name: string]: number | Float64Array;
  /** Capital on large values, on neither, on small ones. */
  up: number;
  flat: number;
  down: number;
  /** Shiryaev-Roberts sum of the capitals of martingales started at every step. */
  sum: number;
  /** CUSUM charts of the p-values, which date a change that the capital has found. */
  rise: number;
  riseOnset: number;
  fall: number;
  fallOnset: number;
  count: number;
  /** The first `count` are the values so far, ascending. */
  values: Float64Array;
}

const DATING_SLACK = 0.125; // half of what a shift by 0.9 standard deviations takes off the mean of p

/**
 * Simple jumper martingale on the conformal p-values of a stream against all values before.
 *
 * Each value's p-value is the share of values so far that are larger; while the stream is exchangeable these are independent and uniform, and no bet
 * against that gains capital. The capital is bet on small p, on large p, or held: it is multiplied by 1 + e (p - 1/2), e = -1, 1, 0. By Ville's inequality it
 * ever reaches 1 / alpha with probability at most alpha, whatever the distribution, without a reference and however often one looks.
 * With `targetRunLength` the statistic is R = (R + 1) * factor of the capital, and R - n is a martingale: the average run length is at least the target.
 * Sees shifts of location; pass absolute deviations to see shifts of scale. Dependence in time breaks exchangeability: pass the innovations of a `Whitener`.
 * Keeps all values since the last reset, 8 bytes each.
 *
 * @throws DomainError for options outside their ranges
 * @see Vovk, Petej, Nouretdinov, Ahlberg, Carlsson and Gammerman (2021), "Retrain or not retrain: conformal test martingales for change-point detection", algorithm 1 and section 4
 * @example new ExchangeabilityMartingale({ alpha: 0.01 }).updateMany(errors) // on unchanged data empty, 99 times in 100
 */
export class ExchangeabilityMartingale extends SequentialDetector<ExchangeabilityMartingaleOptions, Memory> {
  constructor(options: ExchangeabilityMartingaleOptions = {}) {
    const rules = { alpha: [0.01, Number.MIN_VALUE, 1], targetRunLength: [0, 0], jump: [0.01, Number.MIN_VALUE, 1], seed: [0, -2147483648, 4294967295, 'integer'] } as const;
    const start = (): Memory => ({ up: 1 / 3, flat: 1 / 3, down: 1 / 3, sum: 0, rise: 0, riseOnset: 0, fall: 0, fallOnset: 0, count: 0, values: new Float64Array(64) });
    super('ExchangeabilityMartingale', 'exchangeability-martingale', options, 1, rules, start);
  }

  protected override observe(value: number, index: number): Reading {
    const { memory } = this;
    const { alpha, jump, seed, targetRunLength } = this.options;
    const p = this.#pValue(value, index, seed);
    if (memory.rise === 0) memory.riseOnset = index;
    if (memory.fall === 0) memory.fallOnset = index;
    memory.rise = Math.max(0, memory.rise + 0.5 - p - DATING_SLACK);
    memory.fall = Math.max(0, memory.fall - 0.5 + p - DATING_SLACK);
    memory.sum = Math.min(1e300, (memory.sum + 1) * bet(memory, p, jump));
    const capital = memory.up + memory.flat + memory.down;
    const isUp = memory.up >= memory.down;
    const [statistic, threshold] = targetRunLength > 0 ? [memory.sum, targetRunLength] : [capital, 1 / alpha];
    return { level: statistic >= threshold ? 'drift' : 'none', statistic, threshold, direction: isUp ? 'up' : 'down', onset: isUp ? memory.riseOnset : memory.fallOnset };
  }

  override get state(): DetectorState {
    const state = super.state;
    return Object.freeze({ ...state, memory: Object.freeze({ ...state.memory, values: this.memory.values.slice(0, this.memory.count) }) });
  }

  // The smoothed p-value of a new value among all so far and itself, which it then joins.
  #pValue(value: number, index: number, seed: number): number {
    const { memory } = this;
    const n = memory.count;
    const below = lowerBound(memory.values, value, 0, n);
    let equal = 1;
    while (below + equal - 1 < n && memory.values[below + equal - 1] === value) equal++;
    if (n === memory.values.length) {
      const wider = new Float64Array(2 * n + 1);
      wider.set(memory.values);
      memory.values = wider;
    }
    memory.values.copyWithin(below + 1, below, n);
    memory.values[below] = value;
    memory.count = n + 1;
    return (n + 1 - below - equal + hashUniform(seed, 0, index) * equal) / (n + 1);
  }
}

// Moves a share of the capital between the bets, settles them, and returns the factor of the whole.
function bet(memory: Memory, p: number, jump: number): number {
  const before = memory.up + memory.flat + memory.down;
  // Far above any threshold the capital is held, so that it stays a number.
  const scale = before > 1e280 ? 1e-200 : 1;
  const share = (jump * before) / 3;
  memory.up = scale * ((1 - jump) * memory.up + share) * (1.5 - p);
  memory.flat = scale * ((1 - jump) * memory.flat + share);
  memory.down = scale * ((1 - jump) * memory.down + share) * (0.5 + p);
  return (memory.up + memory.flat + memory.down) / (scale * before);
}

/** The martingale a state was taken from. @throws SchemaError for other data */
export function restoreExchangeabilityMartingale(state: unknown): ExchangeabilityMartingale {
  const isSound = ({ count, values, up, flat, down, sum, rise, fall }: Memory, _: unknown, samples: number): boolean =>
    count === samples && count === values.length && values.every((v, i) => Number.isFinite(v) && (i === 0 || v >= values[i - 1])) && Math.min(up, flat, down, sum, rise, fall) >= 0 && Number.isFinite(up + flat + down + sum);
  return restoreDetector('restoreExchangeabilityMartingale', state, (options: ExchangeabilityMartingaleOptions) => new ExchangeabilityMartingale(options), isSound);
}
