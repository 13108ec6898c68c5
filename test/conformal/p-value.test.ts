import { describe, expect, it } from 'vitest';
import { conformalPValue } from '../../src/conformal/p-value.ts';
import { conformalRadius } from '../../src/conformal/radius.ts';
import { randomStream } from '../../src/core/random.ts';
import { casesOf, expectClose } from './reference.ts';

describe('conformalPValue', () => {
  it.each(casesOf('cps').map((c) => [c.id, c] as const))('%s: unsmoothed p-values of crepes 0.8.0', (_, { input, expected }) => {
    const scores = input.residuals.map(Math.abs);
    expectClose(input.y_test.map((y, i) => conformalPValue(scores, Math.abs(y - input.pred_test[i]))), expected.p_values_abs_unsmoothed as number[]);
  });

  it('worked by hand, ties weighted', () => {
    expect(conformalPValue([1, 2, 2, 3], 2)).toBe(4 / 5);
    expect(conformalPValue([1, 2, 2, 3], 2, 0)).toBe(1 / 5);
    expect(conformalPValue([1, 2, 2, 3], 2, 0.5)).toBe(2.5 / 5);
    expect(conformalPValue([NaN, 1], 5)).toBe(1 / 2);
    expect(conformalPValue([], 5)).toBe(1);
    expect(conformalPValue([1], NaN)).toBeNaN();
  });

  it('exceeds alpha exactly for scores inside the radius', () => {
    const random = randomStream(12, 'p-value');
    for (const [n, alpha] of [[9, 0.1], [19, 0.1], [40, 0.25], [5, 0.1]]) {
      const scores = Array.from({ length: n }, () => random.integer(8));
      for (let score = 0; score < 9; score++) expect(conformalPValue(scores, score) > alpha + 1e-12).toBe(score <= conformalRadius(scores, alpha));
    }
  });

  it('is at most alpha with probability at most alpha (3000 draws, 4 standard errors)', () => {
    const random = randomStream(13, 'validity');
    const draws = 3000;
    let [low, smooth] = [0, 0];
    for (let r = 0; r < draws; r++) {
      const scores = Array.from({ length: 14 }, () => random.integer(6));
      const score = random.integer(6);
      if (conformalPValue(scores, score) <= 0.3) low++;
      if (conformalPValue(scores, score, random.uniform()) <= 0.3) smooth++;
    }
    const slack = 4 * Math.sqrt(0.21 / draws);
    expect(low / draws).toBeLessThan(0.3 + slack);
    expect(Math.abs(smooth / draws - 0.3)).toBeLessThan(slack);
  });
});
