/** Decoded state that may come from anyone's file, checked by hand: a fit that passes can be used safely. */
import { SchemaError } from '../core/errors.ts';
import { plattFit } from './platt-fit.ts';
import type { PlattFit } from './platt-fit.ts';

const KEYS = ['kind', 'method', 'reason', 'slope', 'intercept', 'lowestScore', 'highestScore', 'n', 'positives', 'missingRows', 'converged'];
const REASONS = ['too-few-rows', 'one-class', 'constant-scores', 'not-converged', 'inverted'];

/**
 * The fit behind data that came through `fromPlain`.
 *
 * @throws SchemaError unless every field is there, of its type and range, and method, reason, slope and convergence agree
 */
export function checkPlattFit(value: unknown): PlattFit {
  const demand = (ok: boolean, rule: string): void => {
    if (!ok) throw new SchemaError(`checkPlattFit: ${rule}`);
  };
  demand(typeof value === 'object' && value !== null && Object.keys(value).sort().join() === [...KEYS].sort().join(), `value must be an object with exactly the keys ${KEYS.join(', ')}`);
  const fit = value as PlattFit;
  demand(fit.kind === 'platt', 'kind must be "platt"');
  demand(Number.isFinite(fit.slope) && Number.isFinite(fit.intercept), 'slope and intercept must be finite numbers');
  demand(typeof fit.lowestScore === 'number' && typeof fit.highestScore === 'number' && fit.lowestScore <= fit.highestScore && fit.lowestScore < Infinity && fit.highestScore > -Infinity, 'lowestScore and highestScore must be the ends of a range');
  for (const key of ['n', 'positives', 'missingRows'] as const) demand(Number.isInteger(fit[key]) && fit[key] >= 0, `${key} must be a count`);
  demand(fit.positives <= fit.n, 'positives must be at most n');
  const isSigmoid = fit.method === 'platt' && fit.reason === null && fit.converged === true;
  const isBaseRate = fit.method === 'base-rate' && REASONS.includes(fit.reason as string) && fit.converged === false && fit.slope === 0;
  demand(isSigmoid || isBaseRate, 'method, reason, slope and converged must agree');
  return plattFit({ ...fit });
}
