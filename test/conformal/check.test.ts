import { describe, expect, it } from 'vitest';
import { checkConformalFit, checkGroupCuts, conformalInterval, fitConformal, fitGroupCuts } from '../../src/conformal/index.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';

const fit = fitConformal({ residuals: [1, -2, 3, NaN], dispersion: [1, 2, 0.5, 1], groups: [0, 1, 1, 0], groupCount: 2 }, { alpha: 0.4 });
const throughText = (value: unknown): unknown => fromPlain(JSON.parse(JSON.stringify(toPlain(value))));

describe('state', () => {
  it('engine 4: nothing is lost on the way through text, twice', () => {
    expect([...fit.radii]).toContain(Infinity);
    const back = checkConformalFit(throughText(fit));
    expect(back).toEqual(fit);
    expect(checkConformalFit(throughText(back))).toEqual(fit);
    expect(Object.isFrozen(back)).toBe(true);
    expect(conformalInterval(back, 1, { dispersion: 2, group: 1 })).toEqual(conformalInterval(fit, 1, { dispersion: 2, group: 1 }));
  });

  it('survives structured clone', () => {
    expect(structuredClone(fit)).toEqual({ ...fit });
  });

  it('keeps group cuts', () => {
    const cuts = fitGroupCuts([1, 2, 3, 4]);
    expect(checkGroupCuts(throughText(cuts))).toEqual(cuts);
    expect(checkGroupCuts(throughText(fitGroupCuts([])))).toEqual(fitGroupCuts([]));
  });
});

describe('hostile state', () => {
  const refused = (check: (value: unknown) => unknown, value: unknown): void => expect(() => check(value)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));

  it.each([null, undefined, 1, 'conformal', [], {}, { kind: 'conformal' }])('is not a fit: %s', (value) => {
    refused(checkConformalFit, value);
    refused(checkGroupCuts, value);
  });

  const wrong: readonly [keyof typeof fit, readonly unknown[]][] = [
    ['kind', ['platt', undefined]],
    ['alpha', [0, 1, NaN, '0.1', null]],
    ['score', ['gamma', 1]],
    ['radii', [[1, 2], new Float32Array(2), new Float64Array(0), new Float64Array(3), Float64Array.of(-1, Infinity), Float64Array.of(NaN, Infinity)]],
    ['counts', [[1, 2], new Float64Array(2), new Uint32Array(1)]],
    ['overallRadius', [-1, NaN, '1', null]],
    ['overallCount', [-1, 1.5, NaN, null]],
    ['absoluteRadius', [-1, NaN]],
    ['absoluteCount', [Infinity, '3']],
    ['dispersionFloor', [-1, NaN, Infinity, null]],
    ['missingRows', [-1, 0.5]],
  ];
  it.each(wrong)('%s', (key, values) => {
    for (const value of values) refused(checkConformalFit, { ...fit, [key]: value });
    const { [key]: _left, ...without } = fit;
    refused(checkConformalFit, without);
  });

  it('an extra key', () => {
    refused(checkConformalFit, { ...fit, toString: 1 });
    refused(checkGroupCuts, { ...fitGroupCuts([1, 2]), extra: 1 });
  });

  it('a finite radius from rows that cannot promise it', () => {
    refused(checkConformalFit, { ...fit, radii: Float64Array.of(0.001, 1), counts: Uint32Array.of(1, 2), alpha: 0.4 });
    refused(checkConformalFit, { ...fit, overallCount: 0 });
  });

  it('cuts that do not ascend', () => {
    for (const cuts of [Float64Array.of(2, 1), Float64Array.of(1, 1), Float64Array.of(NaN), Float64Array.of(Infinity), [1]]) refused(checkGroupCuts, { kind: 'group-cuts', cuts, groupCount: cuts.length + 1 });
    refused(checkGroupCuts, { kind: 'group-cuts', cuts: Float64Array.of(1), groupCount: 3 });
    refused(checkGroupCuts, { kind: 'cuts', cuts: Float64Array.of(1), groupCount: 2 });
  });
});
