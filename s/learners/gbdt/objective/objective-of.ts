/** The objective an options object names. */
import { requireInteger, requireNumber } from '../../../core/assert.ts';
import { DomainError } from '../../../core/errors.ts';
import { customObjective } from './custom.ts';
import { lambdarankObjective } from './lambdarank.ts';
import { gammaObjective, poissonObjective, tweedieObjective } from './log-link.ts';
import { logisticObjective } from './logistic.ts';
import { labelGains, requireBuiltIn, requireReadOptions } from './options.ts';
import type { ObjectiveOptions } from './options.ts';
import { absoluteObjective, huberObjective, quantileObjective, squaredObjective } from './regression.ts';
import { softmaxObjective } from './softmax.ts';
import type { Objective } from './types.ts';
import { xendcgObjective } from './xendcg.ts';

/**
 * The objective of the options, checked.
 *
 * @param fn - public function the caller called, for error messages
 * @param options - may hold options of other parts, which are not looked at
 * @param seed - seed of the draws of `xendcg`, a 32-bit integer
 * @throws DomainError for a name that does not exist, an option out of its range, or one the chosen loss does not read
 */
export function objectiveOf(fn: string, options: ObjectiveOptions, seed: number): Objective {
  const { objective = 'squared' } = options;
  if (typeof objective === 'object' && objective !== null) {
    requireReadOptions(fn, 'custom', options);
    return customObjective(fn, objective);
  }
  const name = requireBuiltIn(fn, objective);
  requireReadOptions(fn, name, options);
  const { alpha = 0.9, poissonMaxDeltaStep = 0.7, tweedieVariancePower = 1.5, lambdarankTruncationLevel = 30, lambdarankNorm = true, sigmoid = 1 } = options;
  switch (name) {
    case 'squared':
      return squaredObjective();
    case 'absolute':
      return absoluteObjective();
    case 'huber':
      return huberObjective(requireNumber(fn, 'alpha', alpha, { min: 0, open: true }));
    case 'quantile':
      return quantileObjective(requireNumber(fn, 'alpha', alpha, { min: 0, max: 1, open: true }));
    case 'poisson':
      return poissonObjective(requireNumber(fn, 'poissonMaxDeltaStep', poissonMaxDeltaStep, { min: 0, max: 100, open: true }));
    case 'gamma':
      return gammaObjective();
    case 'tweedie':
      if (requireNumber(fn, 'tweedieVariancePower', tweedieVariancePower, { min: 1, max: 2 }) === 2) throw new DomainError(`${fn}: tweedieVariancePower must be a number in [1, 2), got 2 (use objective "gamma")`);
      return tweedieObjective(tweedieVariancePower);
    case 'logistic':
      return logisticObjective();
    case 'softmax':
      return softmaxObjective(requireInteger(fn, 'numClass', options.numClass, { min: 2, max: 1000 }));
    case 'lambdarank':
      if (typeof lambdarankNorm !== 'boolean') throw new DomainError(`${fn}: lambdarankNorm must be true or false, got ${String(lambdarankNorm)}`);
      return lambdarankObjective({
        fn,
        objective: name,
        gains: labelGains(fn, options.labelGain),
        truncation: requireInteger(fn, 'lambdarankTruncationLevel', lambdarankTruncationLevel, { min: 1 }),
        norm: lambdarankNorm,
        sigmoid: requireNumber(fn, 'sigmoid', sigmoid, { min: 0, max: 1000, open: true }),
      });
    case 'xendcg':
      return xendcgObjective({ fn, objective: name, gains: labelGains(fn, undefined), truncation: Infinity }, seed);
  }
}
