import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLabelSets, labelSet } from '../../src/conformal/label-sets.ts';
import type { LabelSetOptions } from '../../src/conformal/label-sets.ts';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { matrixFromRows } from '../../src/core/linear-algebra.ts';
import { randomStream } from '../../src/core/random.ts';
import { casesOf, expectClose } from './reference.ts';

const { uniforms } = JSON.parse(readFileSync(new URL('./fixtures/aps_uniforms.json', import.meta.url), 'utf8')) as { uniforms: number[] };
const maskOf = (labels: readonly number[], classes: number): number[] => Array.from({ length: classes }, (_, k) => (labels.includes(k) ? 1 : 0));

describe('references of MAPIE 0.9.2 and closed forms', () => {
  it.each(casesOf('classification').map((c) => [c.id, c] as const))('%s: LAC, label-conditional LAC, APS, and randomised APS with the last label kept', (_, item) => {
    const { alpha } = item.params;
    const [cal, tests] = [item.input.P_cal, item.input.P_test] as unknown as number[][][];
    const rows = { probabilities: matrixFromRows(cal), labels: item.input.y_cal };
    const expected = item.expected as unknown as Record<string, number[][]>;
    const lac = fitLabelSets(rows, { alpha });
    expectClose(lac.radii, [item.expected.lac_q as number]);
    expect(tests.map((p) => maskOf(labelSet(lac, p).labels, 3))).toEqual(expected.lac_sets);
    const conditional = fitLabelSets(rows, { alpha, labelConditional: true });
    expectClose(conditional.radii, item.expected.class_conditional_q as number[]);
    expect(tests.map((p) => maskOf(labelSet(conditional, p).labels, 3))).toEqual(expected.class_cond_sets);
    expectClose(fitLabelSets(rows, { alpha, score: 'aps' }).radii, [item.expected.aps_q as number]);
    const randomised = fitLabelSets({ ...rows, uniforms: uniforms.slice(0, cal.length) }, { alpha, score: 'aps', seed: 0 });
    expect(tests.map((p) => maskOf(labelSet(randomised, p).labels, 3))).toEqual(expected.mapie_aps_sets);
  });
});

const four = { probabilities: matrixFromRows([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.25, 0.25, 0.5], [0.75, 0.25, 0]]), labels: [0, 1, 0, 1] };

describe('by hand: four rows, alpha 0.5, the third smallest score', () => {
  it('LAC scores 0.5, 0.25, 0.75, 0.75', () => {
    const fit = fitLabelSets(four, { alpha: 0.5 });
    expect([...fit.radii]).toEqual([0.75]);
    expect(labelSet(fit, [0.5, 0.25, 0.25]).labels).toEqual([0, 1, 2]);
    expect(labelSet(fit, [0.75, 0.125, 0.125]).labels).toEqual([0]);
  });

  it('LAC may be empty where no label is likely enough', () => {
    const fit = fitLabelSets({ probabilities: matrixFromRows([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]]), labels: [0, 0, 0] }, { alpha: 0.5 });
    expect(labelSet(fit, [0.5, 0.5])).toEqual({ labels: [], basis: 'scores' });
  });

  it('APS scores 0.5, 0.75, 0.75 (ties in class order), 1', () => {
    const fit = fitLabelSets(four, { alpha: 0.5, score: 'aps' });
    expect([...fit.radii]).toEqual([0.75]);
    expect(labelSet(fit, [0.25, 0.5, 0.25]).labels).toEqual([0, 1]);
    expect(labelSet(fit, [0.125, 0.75, 0.125]).labels).toEqual([1]);
    expect(labelSet(fit, [0.0625, 0.9375, 0]).labels).toEqual([]);
  });

  it('randomised APS takes the draw times the own probability off: 0.25, 0.375, 0.625, 0.875 at one half', () => {
    const fit = fitLabelSets({ ...four, uniforms: [0.5, 0.5, 0.5, 0.5] }, { alpha: 0.5, score: 'aps', seed: 1 });
    expect([...fit.radii]).toEqual([0.625]);
    expect(labelSet(fit, [0.25, 0.5, 0.25]).labels).toEqual([0, 1]); // without a draw a label needs only the likelier ones to stay below: 0, 0.5, 0.75
    expect(labelSet(fit, [0.0625, 0.9375, 0]).labels).toEqual([1]);
  });

  it('the RAPS penalty counts labels ranked after the free ones', () => {
    const fit = fitLabelSets(four, { alpha: 0.5, score: 'aps', penalty: 0.5, freeLabels: 1 });
    expect([...fit.radii]).toEqual([1.25]); // 0.5, 0.75, 0.75 + 0.5, 1 + 0.5
    expect(labelSet(fit, [0.25, 0.5, 0.25]).labels).toEqual([0, 1]); // 1.25, 0.5, 2
    expect([...fitLabelSets(four, { alpha: 0.5, score: 'aps', penalty: 0.5, freeLabels: 2 }).radii]).toEqual([0.75]);
  });
});

describe('guarantees', () => {
  const random = randomStream(16, 'labels');
  const sample = (n: number): { rows: number[][]; labels: number[] } => {
    const rows = Array.from({ length: n }, () => {
      const raw = [random.uniform(), 0.3 * random.uniform(), 0.6 * random.uniform()];
      const sum = raw[0] + raw[1] + raw[2];
      return raw.map((v) => v / sum);
    });
    // The classifier is wrong on purpose: labels are drawn from the mean of its probabilities and 1 / 3.
    const labels = rows.map((p) => {
      const u = random.uniform();
      return u < (p[0] + 1 / 3) / 2 ? 0 : u < (p[0] + p[1] + 2 / 3) / 2 ? 1 : 2;
    });
    return { rows, labels };
  };

  it.each<[string, LabelSetOptions]>([['lac', {}], ['label-conditional', { labelConditional: true }], ['aps', { score: 'aps' }], ['randomised aps', { score: 'aps', seed: 3 }], ['raps', { score: 'aps', seed: 3, penalty: 0.2 }]])(
    '%s covers with probability at least 1 - alpha (1200 draws, 4 standard errors)', (_, options) => {
      const [draws, n, alpha] = [1200, 49, 0.2];
      let [covered, minority, inMinority] = [0, 0, 0];
      for (let r = 0; r < draws; r++) {
        const { rows, labels } = sample(n + 1);
        const fit = fitLabelSets({ probabilities: matrixFromRows(rows.slice(0, n)), labels: labels.slice(0, n) }, { ...options, alpha });
        const hit = labelSet(fit, rows[n], r).labels.includes(labels[n]);
        if (hit) covered++;
        if (labels[n] !== 1) continue;
        minority++;
        if (hit) inMinority++;
      }
      expect(covered / draws).toBeGreaterThan(1 - alpha - 4 * Math.sqrt((alpha * (1 - alpha)) / draws));
      if (options.labelConditional) expect(inMinority / minority).toBeGreaterThan(1 - alpha - 4 * Math.sqrt((alpha * (1 - alpha)) / minority));
    });

  it('randomised APS without a key holds the set of every key and is never empty', () => {
    const { rows, labels } = sample(80);
    const fit = fitLabelSets({ probabilities: matrixFromRows(rows.slice(0, 40)), labels: labels.slice(0, 40) }, { score: 'aps', seed: 5, alpha: 0.3 });
    let smaller = 0;
    rows.slice(40).forEach((p, key) => {
      const whole = labelSet(fit, p).labels;
      const drawn = labelSet(fit, p, key).labels;
      expect(whole.length).toBeGreaterThan(0);
      expect(drawn.every((label) => whole.includes(label))).toBe(true);
      expect(labelSet(fit, p, key).labels).toEqual(drawn);
      if (drawn.length < whole.length) smaller++;
    });
    expect(smaller).toBeGreaterThan(5);
  });

  it('sets shrink as alpha grows', () => {
    const { rows, labels } = sample(60);
    const probabilities = matrixFromRows(rows);
    fc.assert(fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), fc.constantFrom('lac', 'aps'), fc.nat(59), (a, b, score, i) => {
      const at = (percent: number): readonly number[] => labelSet(fitLabelSets({ probabilities, labels }, { alpha: percent / 100, score }), rows[i]).labels;
      const wide = at(Math.min(a, b));
      expect(at(Math.max(a, b)).every((label) => wide.includes(label))).toBe(true);
    }), { numRuns: 60 });
  });

  it('statistics 2: a class of too few rows has an infinite radius and belongs to every set', () => {
    const fit = fitLabelSets({ probabilities: matrixFromRows(Array.from({ length: 12 }, () => [0.9, 0.05, 0.05])), labels: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1] }, { alpha: 0.1, labelConditional: true });
    expect([...fit.radii]).toEqual([expect.closeTo(0.1, 12), Infinity, Infinity]);
    expect([...fit.counts]).toEqual([10, 2, 0]);
    expect(labelSet(fit, [0.2, 0.4, 0.4]).labels).toEqual([1, 2]);
  });
});

describe('missing data, state and mistakes', () => {
  it('leaves rows without a label or probability out and counts them', () => {
    const fit = fitLabelSets({ probabilities: matrixFromRows([[0.5, 0.5], [NaN, 0.5], [0.25, 0.75], [1, 0]]), labels: [0, 1, -1, NaN] }, { alpha: 0.5 });
    expect([fit.missingRows, ...fit.counts]).toEqual([3, 1]);
    expect(labelSet(fit, [NaN, 0.5])).toEqual({ labels: [0, 1], basis: 'missing' });
  });

  it('a label is not lost to the order of a sum', () => {
    const shares = [0.1, 0.2, 0.7];
    expect(0.7 + 0.2 + 0.1).not.toBe(1);
    const fit = fitLabelSets({ probabilities: matrixFromRows([shares]), labels: [0] }, { alpha: 0.5, score: 'aps' });
    expect(labelSet(fit, [0.25, 0.25, 0.5]).labels).toEqual([0, 1, 2]);
  });

  it('answers the same after the plain codec, in less than half a kilobyte', () => {
    for (const options of [{ alpha: 0.5 }, { alpha: 0.5, score: 'aps', seed: 4, labelConditional: true }] as const) {
      const fit = fitLabelSets(four, options);
      const back = fromPlain(toPlain(fit)) as typeof fit;
      expect(JSON.stringify(toPlain(fit)).length).toBeLessThan(512);
      for (let key = 0; key < 20; key++) expect(labelSet(back, [0.5, 0.3, 0.2], key)).toEqual(labelSet(fit, [0.5, 0.3, 0.2], key));
      expect(Object.isFrozen(fit)).toBe(true);
    }
  });

  it('refuses what it cannot mean', () => {
    const code = (c: string): unknown => expect.objectContaining({ code: c });
    expect(() => fitLabelSets({ ...four, labels: [0, 1] })).toThrow(code('ERR_SHAPE'));
    expect(() => fitLabelSets({ ...four, labels: [0, 1, 2, 3] })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitLabelSets({ probabilities: matrixFromRows([[1.5, 0]]), labels: [0] })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitLabelSets(four, { seed: 1 })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitLabelSets(four, { penalty: 0.1 })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitLabelSets({ ...four, uniforms: [0, 0, 0, 0] }, { score: 'aps' })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitLabelSets({ ...four, uniforms: [0, 0, 0, 2] }, { score: 'aps', seed: 1 })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitLabelSets(four, { score: 'raps' as never })).toThrow(code('ERR_DOMAIN'));
    expect(() => fitLabelSets(four, { score: 'aps', penalty: 0.1, freeLabels: 0 })).toThrow(code('ERR_DOMAIN'));
    expect(() => labelSet(fitLabelSets(four), [0.5, 0.5])).toThrow(code('ERR_SHAPE'));
    expect(() => labelSet(fitLabelSets(four), [0.5, 0.5, -1])).toThrow(code('ERR_DOMAIN'));
    expect(() => labelSet(fitLabelSets(four, { score: 'aps', seed: 1 }), [0.5, 0.5, 0], -1)).toThrow(code('ERR_DOMAIN'));
  });
});
