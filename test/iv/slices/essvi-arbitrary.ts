/** Random eSSVI slices for properties, with all extremes as likely as the middle. */
import fc from 'fast-check';
import { essviFromWings, leastTheta, leastThetaRatio } from '../../../src/iv/slices/essvi-conditions.ts';
import type { EssviSlice } from '../../../src/iv/slices/essvi.ts';

const unit = fc.double({ min: 0, max: 1, noNaN: true });
/** In (0, 1), half of them crowded at the ends. */
const share: fc.Arbitrary<number> = fc.oneof(unit, unit.map((u) => u * u * u), unit.map((u) => 1 - u * u * u)).map((u) => 1e-3 + 0.998 * u);

export const anySlice: fc.Arbitrary<EssviSlice> = fc.record({
  theta: fc.double({ min: -12, max: 1, noNaN: true }).map(Math.exp),
  rho: fc.double({ min: -0.999, max: 0.999, noNaN: true }),
  psi: fc.double({ min: -9, max: 0.6, noNaN: true }).map(Math.exp),
});

/** Wing slopes below Lee's bound. */
export const wings: fc.Arbitrary<{ left: number; right: number }> = fc.record({ left: share.map((u) => 1.99 * u), right: share.map((u) => 1.99 * u) });

/** Two slices at the edge of arbitrage: theta is the smallest allowed, times 1 + slack. */
export const edgePair: fc.Arbitrary<{ near: EssviSlice; far: EssviSlice }> = fc
  .record({ near: wings, leftGain: fc.oneof(fc.constant(0), share), rightGain: fc.oneof(fc.constant(0), share), nearSlack: fc.oneof(fc.constant(0), unit), farSlack: fc.oneof(fc.constant(0), unit) })
  .map(({ near, leftGain, rightGain, nearSlack, farSlack }) => {
    const left = near.left + leftGain * (1.995 - near.left);
    const right = near.right + rightGain * (1.995 - near.right);
    const nearTheta = leastTheta(near.left, near.right, null) * (1 + 1e-9 + nearSlack);
    const farTheta = Math.max(nearTheta * leastThetaRatio(near.left, near.right, left, right), leastTheta(left, right, null)) * (1 + 1e-9 + farSlack);
    return { near: essviFromWings(nearTheta, near.left, near.right), far: essviFromWings(farTheta, left, right) };
  });
