import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { driftThresholds, levelOf, worseLevel } from '../../src/shift-detection/drift-thresholds.ts';

const thrown = (options: object): unknown => {
  try {
    driftThresholds(options);
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return null;
};

describe('driftThresholds', () => {
  it('is one complete object: every limit of a check with its default', () => {
    expect(driftThresholds()).toEqual({
      alpha: 0.05, falseDiscovery: 'benjamini-hochberg', psi: { moderate: 0.1, significant: 0.25 }, missingRate: { moderate: 0.05, significant: 0.2 },
      newCategories: { moderate: 0.01, significant: 0.1 }, vanishedColumn: 'significant', newColumn: 'moderate', driftedShare: 0.3, minimumRows: 30,
    });
  });

  it('takes part of a limit, is frozen to the bottom, and makes itself again from its plain form', () => {
    const thresholds = driftThresholds({ psi: { significant: 0.3 }, newColumn: 'stable' });
    expect(thresholds.psi).toEqual({ moderate: 0.1, significant: 0.3 });
    expect(Object.isFrozen(thresholds) && Object.isFrozen(thresholds.psi)).toBe(true);
    expect(driftThresholds(fromPlain(toPlain(thresholds)) as object)).toEqual(thresholds);
  });

  it('refuses limits out of range, limits that do not ascend and unknown names', () => {
    for (const options of [{ alpha: 0 }, { alpha: NaN }, { falseDiscovery: 'none' }, { psi: { moderate: 0.5 } }, { psi: { significant: 0.05 } }, { missingRate: { significant: 1.5 } },
      { psi: null }, { psi: 0.2 }, { vanishedColumn: 'none' }, { driftedShare: 0 }, { minimumRows: 1 }, { minimumRows: 30.5 }]) {
      expect([options, thrown(options)]).toEqual([options, options.psi === null ? null : 'ERR_DOMAIN']);
    }
    expect(thrown({ ksi: {} })).toBe('ERR_UNKNOWN_NAME');
    expect(thrown({ psi: { severe: 1 } })).toBe('ERR_UNKNOWN_NAME');
  });

  it('counts a limit as reached: at least, not more than', () => {
    const limits = { moderate: 0.1, significant: 0.25 };
    expect([0.0999, 0.1, 0.2499, 0.25, NaN].map((effect) => levelOf(effect, limits))).toEqual(['stable', 'moderate', 'moderate', 'significant', 'stable']);
    expect([worseLevel('stable', 'moderate'), worseLevel('significant', 'moderate')]).toEqual(['moderate', 'significant']);
  });
});
