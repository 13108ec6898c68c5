import { describe, expect, it } from 'vitest';
import { bestCandidate } from '../../../../src/learners/gbdt/kernel/candidate.ts';
import type { Candidate } from '../../../../src/learners/gbdt/kernel/kernel.ts';

function candidate(feature: number, numerator: number, denominator: number): Candidate {
  return { numerator, denominator, feature, bin: 0, missingLeft: false, left: { gradient: 0, hessian: 1, count: 1 } };
}

describe('the better of two candidates', () => {
  it('is the one with the larger fraction, whichever comes first', () => {
    const third = candidate(0, 3, 9);
    const half = candidate(1, 2, 4);
    expect(bestCandidate(third, half)).toBe(half);
    expect(bestCandidate(half, third)).toBe(half);
  });

  it('is the first of equals', () => {
    const [a, b] = [candidate(0, 2, 4), candidate(1, 3, 6)];
    expect(bestCandidate(a, b)).toBe(a);
    expect(bestCandidate(b, a)).toBe(b);
  });

  it('is the only one there is, or none', () => {
    const a = candidate(0, 2, 4);
    expect(bestCandidate(a, undefined)).toBe(a);
    expect(bestCandidate(undefined, a)).toBe(a);
    expect(bestCandidate(undefined, undefined)).toBeUndefined();
  });
});
