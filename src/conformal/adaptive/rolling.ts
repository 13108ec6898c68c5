/** The plainest adaptor: the radius of the last sessions. */
import { requireInteger, requireKnownKeys, requireNumber } from '../../core/assert.ts';

/** What every adaptor with a window of scores has. */
export interface WindowOptions {
  /** Most recent sessions whose scores count, per group; Infinity keeps all. @default 500 */
  readonly window?: number;
  /** Weight a score keeps per session of age, in (0, 1]; below 1 is NexCP, whose radius costs O(n log n) instead of O(log n). @default 1 */
  readonly decay?: number;
}

/** Radius of the last sessions at a fixed level, as plain data. */
export interface Rolling {
  readonly kind: 'rolling';
  readonly window: number;
  readonly decay: number;
}

/**
 * Recomputes the radius on the last `window` sessions; with `decay` below 1 older ones count less (Barber et al. 2023).
 *
 * @throws DomainError for options outside their ranges
 * @example conformal({ adapt: rolling({ window: 250 }) })
 */
export function rolling(options: WindowOptions = {}): Rolling {
  requireKnownKeys('rolling', options, ['window', 'decay']);
  return Object.freeze({ kind: 'rolling', ...windowOptions('rolling', options) });
}

/** Both options, checked. */
export function windowOptions(fn: string, { window = 500, decay = 1 }: WindowOptions): Required<WindowOptions> {
  if (window !== Infinity) requireInteger(fn, 'window', window, { min: 1 });
  return { window, decay: requireNumber(fn, 'decay', decay, { min: Number.MIN_VALUE, max: 1 }) };
}
