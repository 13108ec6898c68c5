import { describe, expect, it } from 'vitest';
import { levenbergMarquardt, type LeastSquaresSystem } from '../../../src/core/levenberg-marquardt.ts';
import { recordedSystem } from '../../../src/iv/heston/calibration-replay.ts';

// Rosenbrock's valley, where a solver that begins again loses the damping it had learned.
function valley(): LeastSquaresSystem & { asked: () => number } {
  let asked = 0;
  return {
    residualCount: 2,
    parameterCount: 2,
    asked: () => asked,
    evaluate([x, y], residuals, jacobian) {
      asked++;
      residuals.set([10 * (y - x * x), 1 - x]);
      jacobian?.set([-20 * x, 10, -1, 0]);
      return x < 5;
    },
  };
}

describe('recordedSystem', () => {
  it('lets a solver go on from run to run, to the same end by the same questions as in one run', () => {
    const whole = valley();
    const expected = levenbergMarquardt(whole, { initial: [-1.2, 1] });
    expect(expected.converged).toBe(true);
    const parts = valley();
    const recorded = recordedSystem(parts);
    let found = expected;
    for (let end = 1; end === 1 || found.reason === 'max-iterations'; end++) {
      recorded.rewind();
      const before = parts.asked();
      found = levenbergMarquardt(recorded, { initial: [-1.2, 1], maxIterations: end });
      expect(parts.asked() - before).toBeLessThanOrEqual(end === 1 ? 3 : 2); // a trial, and its Jacobian when it is better
    }
    expect(found).toEqual(expected);
    expect(parts.asked()).toBe(whole.asked());
  });

  it('computes anew what was not asked in this order, and forgets on request', () => {
    const system = valley();
    const recorded = recordedSystem(system);
    const residuals = new Float64Array(2);
    const jacobian = new Float64Array(4);
    const ask = (x: number, withJacobian: boolean): boolean => recorded.evaluate(Float64Array.of(x, 0), residuals, withJacobian ? jacobian : null);
    expect([ask(1, true), ask(2, false), ask(9, false)]).toEqual([true, true, false]);
    expect(recorded.size()).toBe(2 + 4 + 2 + 2);
    recorded.rewind();
    residuals.fill(NaN);
    expect(ask(1, true)).toBe(true);
    expect(Array.from(residuals)).toEqual([-10, 0]);
    expect(Array.from(jacobian)).toEqual([-20, 10, -1, 0]);
    expect(system.asked()).toBe(3);
    ask(3, false); // another
    expect(system.asked()).toBe(4);
    expect(recorded.size()).toBe(2 + 4 + 2);
    recorded.rewind();
    ask(1, false); // the same point, but without the Jacobian
    expect(system.asked()).toBe(5);
    recorded.clear();
    expect(recorded.size()).toBe(0);
    ask(1, false);
    expect(system.asked()).toBe(6);
  });
});
