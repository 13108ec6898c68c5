/** What detectors on streams of errors, 1 for an error and 0 for none, share. */
import { DomainError } from '../core/errors.ts';
import type { Reading } from './detector.ts';

/**
 * The value, when it is in [0, 1] or missing.
 *
 * Other numbers throw: on residuals these detectors would sleep, or alarm without end.
 */
export function requireErrorValue(fn: string, value: number): number {
  if (Number.isFinite(value) && (value < 0 || value > 1)) throw new DomainError(`${fn}: value must lie in [0, 1], got ${value}`);
  return value;
}

/** Throws unless a drift needs at least the evidence of a warning. */
export function requireAlphas(fn: string, { driftAlpha, warningAlpha }: { readonly driftAlpha: number; readonly warningAlpha: number }): void {
  if (warningAlpha < driftAlpha) throw new DomainError(`${fn}: warningAlpha must be at least driftAlpha ${driftAlpha}, got ${warningAlpha}`);
}

/** The reading of the side that is watched; of both, the one with the higher level, then the one nearer to its threshold. */
export function moreSevere(mode: 'both' | 'up' | 'down', up: Reading, down: Reading): Reading {
  if (mode !== 'both') return mode === 'up' ? up : down;
  const levels = ['none', 'warning', 'drift'];
  const lead = levels.indexOf(up.level) - levels.indexOf(down.level);
  return lead > 0 || (lead === 0 && up.statistic - up.threshold >= down.statistic - down.threshold) ? up : down;
}
