import { describe, expect, it } from 'vitest';
import { BUILT_IN_OBJECTIVES, OBJECTIVE_OPTION_KEYS } from '../../../../src/learners/gbdt/objective/options.ts';
import type { ObjectiveOptions } from '../../../../src/learners/gbdt/objective/options.ts';
import { objective } from './objective-for-test.ts';

const needed: Partial<Record<string, ObjectiveOptions>> = { softmax: { numClass: 3 } };

function refused(options: object, message: string | RegExp): void {
  expect(() => objective(options as ObjectiveOptions)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN', message: typeof message === 'string' ? message : expect.stringMatching(message) }));
}

describe('objectiveOf', () => {
  it('makes every built-in loss under its name; squared unless named', () => {
    for (const name of BUILT_IN_OBJECTIVES) expect(objective({ objective: name, ...needed[name] }).name).toBe(name);
    expect(objective({}).name).toBe('squared');
    expect(BUILT_IN_OBJECTIVES.filter((name) => objective({ objective: name, ...needed[name] }).constantHessian)).toEqual(['squared', 'absolute', 'huber', 'quantile']);
  });

  it('refuses a name that does not exist', () => {
    refused({ objective: 'mse' }, /^fitGbdt: objective must be one of "squared", .*, got "mse"$/);
    refused({ objective: 'custom' }, /got "custom"$/);
    refused({ objective: 7 }, /got 7$/);
  });

  it('refuses an option the loss does not read, and says which does', () => {
    refused({ alpha: 0.5 }, 'fitGbdt: alpha must be left out unless objective is "huber" or "quantile", got objective "squared"');
    const values: ObjectiveOptions = { alpha: 0.5, poissonMaxDeltaStep: 0.5, tweedieVariancePower: 1.5, numClass: 3, lambdarankTruncationLevel: 10, lambdarankNorm: false, labelGain: [0, 1], sigmoid: 2 };
    expect(OBJECTIVE_OPTION_KEYS).toEqual(['objective', ...Object.keys(values)]);
    const readers: Record<string, readonly string[]> = { alpha: ['huber', 'quantile'], poissonMaxDeltaStep: ['poisson'], tweedieVariancePower: ['tweedie'], numClass: ['softmax'] };
    for (const [key, value] of Object.entries(values)) {
      for (const name of BUILT_IN_OBJECTIVES) {
        const options = { ...needed[name], objective: name, [key]: value } as ObjectiveOptions;
        if ((readers[key] ?? ['lambdarank']).includes(name)) expect(objective(options).name).toBe(name);
        else refused(options, new RegExp(`^fitGbdt: ${key} must be left out unless objective is `));
      }
      refused({ objective: { gradient: () => 0, hessian: () => 1 }, [key]: value }, /got objective "custom"$/);
    }
  });

  it('takes undefined for absent', () => {
    expect(objective({ objective: 'logistic', alpha: undefined, numClass: undefined }).name).toBe('logistic');
  });

  it.each([
    [{ objective: 'huber', alpha: 0 }, /alpha must be a finite number > 0, got 0/],
    [{ objective: 'quantile', alpha: 0 }, /alpha must be a finite number in \(0, 1\), got 0/],
    [{ objective: 'quantile', alpha: 1 }, /in \(0, 1\), got 1/],
    [{ objective: 'poisson', poissonMaxDeltaStep: 0 }, /poissonMaxDeltaStep must be a finite number in \(0, 100\), got 0/],
    [{ objective: 'tweedie', tweedieVariancePower: 2 }, /tweedieVariancePower must be a number in \[1, 2\), got 2/],
    [{ objective: 'tweedie', tweedieVariancePower: 0.9 }, /tweedieVariancePower must be a finite number in \[1, 2\], got 0.9/],
    [{ objective: 'softmax' }, /numClass must be an integer in \[2, 1000\], got undefined/],
    [{ objective: 'softmax', numClass: 1 }, /numClass must be an integer in \[2, 1000\], got 1/],
    [{ objective: 'lambdarank', lambdarankTruncationLevel: 0 }, /lambdarankTruncationLevel must be an integer >= 1, got 0/],
    [{ objective: 'lambdarank', lambdarankNorm: 1 }, /lambdarankNorm must be true or false, got 1/],
    [{ objective: 'lambdarank', sigmoid: 0 }, /sigmoid must be a finite number in \(0, 1000\), got 0/],
    [{ objective: 'lambdarank', labelGain: [] }, /labelGain.length must be an integer >= 1, got 0/],
    [{ objective: 'lambdarank', labelGain: [0, 2, 1] }, /labelGain\[2\] must be a finite number in \[2, /],
    [{ objective: 'lambdarank', labelGain: [-1, 2] }, /labelGain\[0\] must be a finite number in \[0, /],
    [{ objective: 'lambdarank', labelGain: [0, NaN] }, /labelGain\[1\] must be a finite number/],
  ])('refuses %o', (options, message) => refused(options, message));

  it('knows the labels of each loss', () => {
    const probes = [-1, -0, 0, 0.5, 1, 2, 3, 31, 32, Infinity, NaN];
    const allowed = (options: ObjectiveOptions): number[] => probes.filter((label) => objective(options).isLabel(label));
    const finite = [-1, -0, 0, 0.5, 1, 2, 3, 31, 32];
    for (const name of ['squared', 'absolute', 'huber', 'quantile'] as const) expect(allowed({ objective: name })).toEqual(finite);
    for (const name of ['poisson', 'tweedie'] as const) expect(allowed({ objective: name })).toEqual(finite.slice(1));
    expect(allowed({ objective: 'gamma' })).toEqual([0.5, 1, 2, 3, 31, 32]);
    expect(allowed({ objective: 'logistic' })).toEqual([-0, 0, 1]);
    expect(allowed({ objective: 'softmax', numClass: 3 })).toEqual([-0, 0, 1, 2]);
    for (const name of ['lambdarank', 'xendcg'] as const) expect(allowed({ objective: name })).toEqual([-0, 0, 1, 2, 3, 31]);
    expect(allowed({ objective: 'lambdarank', labelGain: [0, 1, 5] })).toEqual([-0, 0, 1, 2]);
    expect(allowed({ objective: { gradient: () => 0, hessian: () => 1 } })).toEqual(finite);
    expect(objective({ objective: 'softmax', numClass: 3 }).labelRule).toBe('must be an integer in [0, 2]');
    expect(objective({ objective: 'lambdarank' }).labelRule).toBe('must be an integer in [0, 31]');
  });
});
