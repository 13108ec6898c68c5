/** Conformal PID control: the radius itself moves with the misses. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../core/assert.ts';

export interface IntegratorOptions {
  /** Factor of the correction, in the tracker's unit, > 0. @default 1 */
  readonly gain?: number;
  /** Divides the accumulated misses, > 0: larger reacts later. @default 5 */
  readonly saturation?: number;
  /** Sessions at the start whose misses do not accumulate; only the `published-code` form has them. @default 0 */
  readonly burnIn?: number;
  /**
   * Argument of the tangent after t sessions with accumulated excess I of misses: `paper`: I ln(t + 1) / (saturation (t + 1));
   * `published-code`, the authors' program: I ln(u) / (saturation (t - 1) - burnIn + 100) with u = t - burnIn. @default 'paper'
   */
  readonly form?: 'paper' | 'published-code';
}

export interface QuantileTrackerOptions {
  /** Step of the radius, in the tracker's unit, >= 0. @default 0.05 */
  readonly learningRate?: number;
  /** What steps and gain are measured in: the start radius, or the score's own unit. @default 'start-radius' */
  readonly unit?: 'start-radius' | 'score';
  /** Adds a correction that grows without bound with the accumulated excess of misses. @default null */
  readonly integrator?: IntegratorOptions | null;
}

/** A quantile tracker as plain data. */
export interface QuantileTracker {
  readonly kind: 'quantile-tracker';
  readonly learningRate: number;
  readonly unit: 'start-radius' | 'score';
  readonly integrator: Readonly<Required<IntegratorOptions>> | null;
}

/** All a tracker remembers: no scores. */
export interface TrackerState {
  /** Radius at the start. */
  readonly start: number;
  /** Radius before the integrator's correction. */
  readonly radius: number;
  /** Accumulated miss share minus alpha. */
  readonly excess: number;
  /** Sessions seen. */
  readonly steps: number;
}

/**
 * Quantile tracker, with an integrator conformal PI control; the third part, a forecast of the score ("scorecaster"), is an argument of
 * {@link trackerRadius}. In `conformal` that part is played by the dispersion of a normalised score.
 *
 * Needs a start radius and no scores, so its state is four numbers. A radius below 0 is an empty interval for scores that are never negative.
 * In unit `start-radius` a start of 0 or Infinity stands still.
 *
 * @throws DomainError for options outside their ranges
 * @see Angelopoulos, Candes and Tibshirani (2023), "Conformal PID control for time series prediction", eq. 4 (tracking), eq. 5 and 7 (integration), eq. 8 (all)
 * @example conformal({ alpha: 0.1, adapt: quantileTracker({ learningRate: 0.05 }) })
 */
export function quantileTracker(options: QuantileTrackerOptions = {}): QuantileTracker {
  const fn = 'quantileTracker';
  requireKnownKeys(fn, options, ['learningRate', 'unit', 'integrator']);
  const { unit = 'start-radius', integrator = null } = options;
  const learningRate = requireNumber(fn, 'learningRate', options.learningRate ?? 0.05, { min: 0 });
  requireOneOf(fn, 'unit', unit, ['start-radius', 'score']);
  return Object.freeze({ kind: 'quantile-tracker', learningRate, unit, integrator: integrator === null ? null : requireIntegrator(fn, integrator) });
}

/** A tracker that has seen nothing. */
export function trackerStart(radius: number): TrackerState {
  return { start: radius, radius, excess: 0, steps: 0 };
}

/** The state after one session of which a share of rows was missed. */
export function trackerStep(tracker: QuantileTracker, state: TrackerState, alpha: number, missShare: number): TrackerState {
  const { start, radius, excess, steps } = state;
  const { integrator } = tracker;
  const counts = integrator?.form !== 'published-code' || steps > integrator.burnIn;
  return { start, radius: radius + tracker.learningRate * unitOf(tracker, start) * (missShare - alpha), excess: counts ? excess + (missShare - alpha) : excess, steps: steps + 1 };
}

/**
 * The radius for the next session.
 *
 * @param forecast - what a scorecaster expects the radius to be beyond the tracked one, in the score's unit. @default 0
 */
export function trackerRadius(tracker: QuantileTracker, { start, radius, excess, steps }: TrackerState, forecast = 0): number {
  const { integrator } = tracker;
  const unit = unitOf(tracker, start);
  if (integrator === null || excess === 0 || unit === 0) return radius + forecast;
  const { gain, saturation, burnIn, form } = integrator;
  const angle = form === 'paper' ? (excess * Math.log(steps + 1)) / (saturation * (steps + 1)) : (excess * Math.log(steps - burnIn)) / (saturation * (steps - 1) - burnIn + 100);
  const correction = Math.abs(angle) < Math.PI / 2 ? Math.tan(angle) : Math.sign(angle) * Infinity;
  return radius + gain * unit * correction + forecast;
}

// A radius of a signed score may start below 0; an infinite one has nothing to move.
function unitOf({ unit }: QuantileTracker, start: number): number {
  if (unit === 'score') return 1;
  return Number.isFinite(start) ? Math.abs(start) : 0;
}

function requireIntegrator(fn: string, options: IntegratorOptions): Required<IntegratorOptions> {
  requireKnownKeys(fn, options, ['gain', 'saturation', 'burnIn', 'form']);
  const { gain = 1, saturation = 5, burnIn = 0, form = 'paper' } = options;
  for (const [name, value] of Object.entries({ gain, saturation })) requireNumber(fn, `integrator.${name}`, value, { min: Number.MIN_VALUE });
  requireInteger(fn, 'integrator.burnIn', burnIn, { min: 0 });
  requireOneOf(fn, 'integrator.form', form, ['paper', 'published-code']);
  return Object.freeze({ gain, saturation, burnIn, form });
}
