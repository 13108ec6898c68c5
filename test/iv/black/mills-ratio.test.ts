import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MILLS_SPLIT, millsDefect, millsRatio } from '../../../src/iv/black/mills-ratio.ts';

// Two roundings in each of numerator and denominator, one in the quotient.
const FEW_ULP = 4 * Number.EPSILON;

const relative = (value: number, truth: number): number => Math.abs(value / truth - 1);

// z, R(z), 1 - z R(z); mpmath at 50 digits.
const REFERENCE = [
  [0.001, 1.252314763639392, 0.9987476852363606],
  [0.1, 1.1592623996187363, 0.8840737600381263],
  [0.5, 0.8763644564536923, 0.5618177717731538],
  [1, 0.6556795424187984, 0.34432045758120156],
  [1.7, 0.4738532689688591, 0.19444944275293954],
  [2.5, 0.35426511132979366, 0.11433722167551583],
  [3.3, 0.2806413905555233, 0.07388341116677323],
  [4, 0.23665238291356067, 0.053390468345757315],
  [5, 0.19280810471531576, 0.03595947642342118],
  [5.9, 0.1649915453003238, 0.026549882728089464],
  [5.9999, 0.16238023434019722, 0.025734831982250746],
  [6, 0.16237766089686745, 0.02573403461879523],
  [6.1, 0.15984352899782633, 0.02495447311325946],
  [7, 0.14010418345305023, 0.01927071582864831],
  [9, 0.10978728257830829, 0.011914456795225379],
  [12, 0.08276628650136918, 0.006804561983569873],
  [20, 0.04987592598183679, 0.002481480363264327],
  [37, 0.027007327965128336, 0.0007288652902515656],
  [100, 0.009999000299850106, 9.997001498950944e-05],
  [1e5, 9.999999999e-06, 9.999999997e-11],
];

describe('millsRatio and millsDefect', () => {
  it('match Q / phi and 1 - z Q / phi to 4 epsilon from 0 to 1e5, on both sides of the split', () => {
    for (const [z, ratio, defect] of REFERENCE) {
      expect(relative(millsRatio(z), ratio), `R(${z})`).toBeLessThan(FEW_ULP);
      expect(relative(millsDefect(z), defect), `1 - z R at ${z}`).toBeLessThan(FEW_ULP);
    }
  });

  it('is sqrt(pi / 2) at 0', () => {
    expect(millsRatio(0)).toBe(1.2533141373155003);
    expect(millsDefect(0)).toBe(1);
  });

  it('the two agree with each other where their difference keeps digits, and meet at the split', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3, noNaN: true }), (z) => {
        expect(Math.abs(1 - z * millsRatio(z) - millsDefect(z))).toBeLessThan(FEW_ULP);
      }),
    );
    const below = MILLS_SPLIT * (1 - Number.EPSILON);
    expect(relative(millsRatio(below), millsRatio(MILLS_SPLIT))).toBeLessThan(FEW_ULP);
    expect(relative(millsDefect(below), millsDefect(MILLS_SPLIT))).toBeLessThan(FEW_ULP);
  });

  it('both vanish at infinity', () => {
    expect(millsRatio(Infinity)).toBe(0);
    expect(millsDefect(Infinity)).toBe(0);
  });
});
