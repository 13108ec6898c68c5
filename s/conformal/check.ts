/** Decoded state that may come from anyone's file, checked by hand: a fit that passes can be used safely. */
import { SchemaError } from '../core/errors.ts';
import { conformalFit } from './conformal-fit.ts';
import type { ConformalFit } from './conformal-fit.ts';
import { groupCuts } from './groups.ts';
import type { GroupCuts } from './groups.ts';
import { conformalRank } from './radius.ts';

const FIT_KEYS = ['kind', 'alpha', 'score', 'radii', 'counts', 'overallRadius', 'overallCount', 'absoluteRadius', 'absoluteCount', 'dispersionFloor', 'missingRows'];

/**
 * The fit behind data that came through `fromPlain`.
 *
 * @throws SchemaError unless every field is there, of its type and range, and no radius is smaller than its rows can promise
 */
export function checkConformalFit(value: unknown): ConformalFit {
  const fit = record<ConformalFit>('checkConformalFit', value, FIT_KEYS);
  const demand = (ok: boolean, rule: string): void => {
    if (!ok) throw new SchemaError(`checkConformalFit: ${rule}`);
  };
  demand(fit.kind === 'conformal', 'kind must be "conformal"');
  demand(typeof fit.alpha === 'number' && fit.alpha > 0 && fit.alpha < 1, 'alpha must lie in (0, 1)');
  demand(fit.score === 'absolute' || fit.score === 'normalized', 'score must be "absolute" or "normalized"');
  demand(fit.radii instanceof Float64Array && fit.counts instanceof Uint32Array && fit.radii.length > 0 && fit.radii.length === fit.counts.length, 'radii and counts must be a Float64Array and a Uint32Array of one length');
  for (const key of ['overallCount', 'absoluteCount', 'missingRows'] as const) demand(Number.isInteger(fit[key]) && fit[key] >= 0, `${key} must be a count`);
  demand(Number.isFinite(fit.dispersionFloor) && fit.dispersionFloor >= 0, 'dispersionFloor must be a finite number >= 0');
  const honest = (radius: unknown, rows: number): boolean => radius === Infinity || (typeof radius === 'number' && radius >= 0 && conformalRank(rows, fit.alpha) <= rows);
  demand(
    fit.radii.every((radius, g) => honest(radius, fit.counts[g])) && honest(fit.overallRadius, fit.overallCount) && honest(fit.absoluteRadius, fit.absoluteCount),
    'a radius must be a number >= 0, and infinite where its rows are too few for alpha',
  );
  return conformalFit({ ...fit });
}

/**
 * The cuts behind data that came through `fromPlain`.
 *
 * @throws SchemaError unless they are finite and strictly ascending
 */
export function checkGroupCuts(value: unknown): GroupCuts {
  const { kind, cuts, groupCount } = record<GroupCuts>('checkGroupCuts', value, ['kind', 'cuts', 'groupCount']);
  const ok = kind === 'group-cuts' && cuts instanceof Float64Array && groupCount === cuts.length + 1 && cuts.every((cut, i) => Number.isFinite(cut) && (i === 0 || cut > cuts[i - 1]));
  if (!ok) throw new SchemaError('checkGroupCuts: cuts must be a strictly ascending Float64Array and groupCount one more than its length');
  return groupCuts(cuts);
}

function record<T>(fn: string, value: unknown, keys: readonly string[]): T {
  if (typeof value !== 'object' || value === null) throw new SchemaError(`${fn}: value must be an object`);
  if (Object.keys(value).sort().join() !== [...keys].sort().join()) throw new SchemaError(`${fn}: value must have exactly the keys ${keys.join(', ')}`);
  return value as T;
}
