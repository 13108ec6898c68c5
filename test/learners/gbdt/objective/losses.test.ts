import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectiveOptions } from '../../../../src/learners/gbdt/objective/options.ts';
import { dataOf, derivatives, distance, objective, sum } from './objective-for-test.ts';

const real = fc.double({ min: -5, max: 5, noNaN: true });
const count = fc.integer({ min: 0, max: 6 });
const positive = fc.double({ min: 0.05, max: 6, noNaN: true });

interface Case {
  readonly options: ObjectiveOptions;
  readonly label: fc.Arbitrary<number>;
  /** What the hessian is as a multiple of the second derivative; absent where it stands for a step of its own. */
  readonly hessianFactor?: number;
  /** True where the loss has a corner at label = margin. */
  readonly corner?: boolean;
}

const cases: readonly Case[] = [
  { options: { objective: 'squared' }, label: real, hessianFactor: 1 },
  { options: { objective: 'absolute' }, label: real, corner: true },
  { options: { objective: 'huber', alpha: 1.3 }, label: real },
  { options: { objective: 'quantile', alpha: 0.2 }, label: real, corner: true },
  { options: { objective: 'poisson', poissonMaxDeltaStep: 0.5 }, label: count, hessianFactor: Math.exp(0.5) },
  { options: { objective: 'gamma' }, label: positive, hessianFactor: 1 },
  { options: { objective: 'tweedie', tweedieVariancePower: 1.3 }, label: count, hessianFactor: 1 },
  { options: { objective: 'tweedie', tweedieVariancePower: 1 }, label: count, hessianFactor: 1 },
  { options: { objective: 'logistic' }, label: fc.constantFrom(0, 1), hessianFactor: 1 },
  { options: { objective: 'softmax', numClass: 3 }, label: fc.constantFrom(0, 1, 2), hessianFactor: 1.5 },
];

function title({ objective: name, ...rest }: ObjectiveOptions): string {
  return Object.keys(rest).length === 0 ? String(name) : `${String(name)} ${JSON.stringify(rest)}`;
}

// Central differences of losses below 100 with step d: truncation d^2 times a third or fourth derivative below 600, rounding 2e-14 / d
// and 6e-14 / d^2.
const STEP = 1e-4;
const FIRST = 3e-6;
const SECOND = 2e-4;

describe.each(cases)('$options.objective', ({ options, label, hessianFactor, corner }) => {
  const loss = objective(options);
  const margins = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: loss.outputs, maxLength: loss.outputs });
  const table = fc.array(fc.record({ label, weight: fc.integer({ min: 0, max: 4 }) }), { minLength: 1, maxLength: 12 }).filter((rows) => rows.some((row) => row.weight > 0));

  it(`${title(options)}: the gradient is the central difference of the loss${hessianFactor === undefined ? '' : `, the hessian ${hessianFactor} times the second`}`, () => {
    fc.assert(
      fc.property(margins, label, (at, y) => {
        fc.pre(corner !== true || Math.abs(at[0] - y) > STEP);
        const data = dataOf([y]);
        const { gradient, hessian } = derivatives(loss, at, data);
        for (let k = 0; k < loss.outputs; k++) {
          const [down, middle, up] = [-STEP, 0, STEP].map((d) => loss.loss(Float64Array.from(at, (margin, j) => margin + (j === k ? d : 0)), data, 1));
          expect(Math.abs(gradient[k] - (up - down) / (2 * STEP))).toBeLessThan(options.objective === 'huber' ? STEP : FIRST); // Huber's slope turns within a step
          if (hessianFactor !== undefined) expect(Math.abs(hessian[k] - (hessianFactor * (up - 2 * middle + down)) / STEP ** 2)).toBeLessThan(SECOND * hessianFactor);
          else expect(hessian[k]).toBe(1);
        }
      }),
    );
  });

  it(`${title(options)}: no other constant than the start has a smaller mean loss`, () => {
    fc.assert(
      fc.property(table, (rows) => {
        const data = dataOf(rows.map((row) => row.label), { weights: rows.map((row) => row.weight) });
        fc.pre(!(options.objective === 'poisson' || options.objective === 'tweedie') || rows.some((row) => row.label * row.weight > 0)); // see their start below
        const start = loss.start(data);
        expect(start.length).toBe(loss.outputs);
        const lossOf = (constants: Float64Array): number => loss.loss(Float64Array.from({ length: loss.outputs * rows.length }, (_, i) => constants[Math.floor(i / rows.length)]), data, rows.length);
        const best = lossOf(start);
        for (let k = 0; k < loss.outputs; k++) {
          // 1e-8: a class without rows starts at a share of 1e-9.
          for (const d of [-1, -0.01, 0.01, 1]) expect(lossOf(start.map((margin, j) => margin + (j === k ? d : 0)))).toBeGreaterThanOrEqual(best - 1e-8);
        }
      }),
    );
  });

  it(`${title(options)}: a weight of k is k equal rows, in start, gradient, hessian and loss`, () => {
    fc.assert(
      fc.property(table, fc.infiniteStream(fc.double({ min: -3, max: 3, noNaN: true })), (rows, stream) => {
        const n = rows.length;
        const at = Float64Array.from({ length: loss.outputs * n }, () => stream.next().value as number);
        const weighted = dataOf(rows.map((row) => row.label), { weights: rows.map((row) => row.weight) });
        const copies = rows.flatMap((row, i) => Array.from({ length: row.weight }, () => i));
        const repeated = dataOf(copies.map((i) => rows[i].label));
        const repeatedMargins = Float64Array.from({ length: loss.outputs * copies.length }, (_, i) => at[Math.floor(i / copies.length) * n + copies[i % copies.length]]);
        // 1e-12: sums of a few dozen terms below 500 in another order.
        expect(distance(loss.start(weighted), loss.start(repeated))).toBeLessThan(1e-12);
        expect(Math.abs(loss.loss(at, weighted, n) - loss.loss(repeatedMargins, repeated, copies.length))).toBeLessThan(1e-12);
        const one = derivatives(loss, at, weighted);
        const many = derivatives(loss, repeatedMargins, repeated);
        for (let k = 0; k < loss.outputs; k++) {
          for (let i = 0; i < n; i++) {
            const own = copies.flatMap((copy, place) => (copy === i ? [k * copies.length + place] : []));
            expect(Math.abs(one.gradient[k * n + i] - sum(own.map((place) => many.gradient[place])))).toBeLessThan(1e-10);
            expect(Math.abs(one.hessian[k * n + i] - sum(own.map((place) => many.hessian[place])))).toBeLessThan(1e-10);
          }
        }
      }),
    );
  });

  it(`${title(options)}: extreme margins give finite gradients and hessians >= 0`, () => {
    const extremes = [-1.7e308, -1e4, -745, -301, 301, 745, 1e4, 1.7e308];
    for (const y of fc.sample(label, { seed: 1, numRuns: 5 })) {
      for (const a of extremes) {
        for (const b of extremes) {
          const { gradient, hessian } = derivatives(loss, Float64Array.from({ length: loss.outputs }, (_, k) => (k === 0 ? a : b)), dataOf([y]));
          expect(gradient.every((g) => Number.isFinite(g))).toBe(true);
          expect(hessian.every((h) => Number.isFinite(h) && h >= 0)).toBe(true);
        }
      }
    }
  });

  it(`${title(options)}: looks at and writes its rows only`, () => {
    const [a, b] = fc.sample(label, { seed: 2, numRuns: 2 });
    const data = dataOf([NaN, a, NaN, b], { rows: [1, 3], weights: [NaN, 1, NaN, 2] });
    const at = Float64Array.from({ length: 4 * loss.outputs }, (_, i) => (i % 2 === 0 ? NaN : i / 10));
    const { gradient, hessian } = derivatives(loss, at, data);
    gradient.forEach((g, i) => expect(Number.isNaN(g)).toBe(i % 2 === 0));
    hessian.forEach((h, i) => expect(Number.isNaN(h)).toBe(i % 2 === 0));
    expect(loss.start(data).every((margin) => Number.isFinite(margin))).toBe(true);
    expect(Number.isFinite(loss.loss(at, data, 4))).toBe(true);
  });

  it(`${title(options)}: does not depend on the order of rows where it starts`, () => {
    fc.assert(
      fc.property(table, (rows) => {
        const start = (order: typeof rows): Float64Array => loss.start(dataOf(order.map((row) => row.label), { weights: order.map((row) => row.weight) }));
        expect(distance(start(rows), start([...rows].reverse()))).toBeLessThanOrEqual(options.objective === 'huber' ? 1e-12 : 0);
      }),
    );
  });
});

describe('gradients worked by hand', () => {
  it('absolute: sign of margin less label, 0 between', () => {
    const { gradient } = derivatives(objective({ objective: 'absolute' }), [1, 2, 3], dataOf([2, 2, 2]));
    expect([...gradient]).toEqual([-1, 0, 1]);
  });

  it('huber: margin less label, at most alpha', () => {
    const { gradient } = derivatives(objective({ objective: 'huber', alpha: 2 }), [-5, -2, -1, 0, 1, 2, 5], dataOf([0, 0, 0, 0, 0, 0, 0]));
    expect([...gradient]).toEqual([-2, -2, -1, 0, 1, 2, 2]);
  });

  it('quantile: 1 - level from the label upward, -level below', () => {
    const { gradient } = derivatives(objective({ objective: 'quantile', alpha: 0.75 }), [1, 2, 3], dataOf([2, 2, 2], { weights: [1, 2, 4] }));
    expect([...gradient]).toEqual([-0.75, 0.5, 1]);
  });

  it('poisson: a leaf without events steps down by exp(-poissonMaxDeltaStep), 0.7 unless given', () => {
    for (const [step, options] of [[0.7, {}], [2, { poissonMaxDeltaStep: 2 }]] as const) {
      const { gradient, hessian } = derivatives(objective({ objective: 'poisson', ...options }), [1.2], dataOf([0]));
      expect(-gradient[0] / hessian[0]).toBeCloseTo(-Math.exp(-step), 14);
    }
  });

  it('logistic at margin 0: p - y and 1/4; where p is 0 or 1 the hessian is 1e-16 times the weight', () => {
    const { gradient, hessian } = derivatives(objective({ objective: 'logistic' }), [0, 0, 800, -800], dataOf([0, 1, 1, 1], { weights: [1, 3, 2, 1] }));
    expect([...gradient]).toEqual([0.5, -1.5, 0, -1]);
    expect([...hessian]).toEqual([0.25, 0.75, 2e-16, 1e-16]);
  });

  it('softmax at equal margins of four classes: 1/4 - [y = k], and 4/3 * 3/16', () => {
    const { gradient, hessian } = derivatives(objective({ objective: 'softmax', numClass: 4 }), [7, 7, 7, 7], dataOf([2]));
    expect([...gradient]).toEqual([0.25, 0.25, -0.75, 0.25]);
    hessian.forEach((h) => expect(h).toBeCloseTo(0.25, 15));
    expect([...derivatives(objective({ objective: 'softmax', numClass: 2 }), [800, 0], dataOf([0], { weights: [3] })).hessian]).toEqual([3e-16, 3e-16]);
  });
});

describe('losses worked by hand', () => {
  it('huber of residuals 1 and 5 at alpha 2: 1/2 and 2 * (5 - 1)', () => {
    const loss = objective({ objective: 'huber', alpha: 2 });
    expect(loss.loss(Float64Array.of(1), dataOf([0]), 1)).toBe(0.5);
    expect(loss.loss(Float64Array.of(0), dataOf([5]), 1)).toBe(8);
  });

  it('is a weighted mean, to which a row of weight 0 adds nothing, however wrong it is', () => {
    expect(objective({}).loss(Float64Array.of(2, 0, 0), dataOf([0, 4, 1e200], { weights: [3, 1, 0] }), 3)).toBe((3 * 2 + 8) / 4);
  });
});

describe('starts worked by hand', () => {
  it('labels 0 0 1 7: mean 2 for squared, its logarithm for Poisson, gamma and Tweedie', () => {
    expect(objective({}).start(dataOf([0, 0, 1, 7]))[0]).toBe(2);
    for (const name of ['poisson', 'tweedie'] as const) expect(objective({ objective: name }).start(dataOf([0, 0, 1, 7]))[0]).toBe(Math.log(2));
    expect(objective({ objective: 'gamma' }).start(dataOf([1, 1, 1, 5]))[0]).toBe(Math.log(2));
  });

  it('labels 1 2 4 9 20: median 4, and at level 0.3 the second, whose share of 0.4 is the first above', () => {
    expect(objective({ objective: 'absolute' }).start(dataOf([20, 1, 9, 2, 4]))[0]).toBe(4);
    expect(objective({ objective: 'quantile', alpha: 0.3 }).start(dataOf([20, 1, 9, 2, 4]))[0]).toBe(2);
  });

  it('huber, labels 0 1 2 30, alpha 3: (m - 0) + (m - 1) + (m - 2) - 3 = 0 at 2', () => {
    expect(objective({ objective: 'huber', alpha: 3 }).start(dataOf([30, 0, 2, 1]))[0]).toBeCloseTo(2, 14);
    // An alpha beyond every residual leaves the mean.
    expect(objective({ objective: 'huber', alpha: 100 }).start(dataOf([30, 0, 2, 1]))[0]).toBeCloseTo(33 / 4, 13);
  });

  it('classes: log-odds for logistic, logarithms of shares for softmax, a class without rows at 1e-9', () => {
    expect(objective({ objective: 'logistic' }).start(dataOf([1, 0, 0, 0]))[0]).toBeCloseTo(-Math.log(3), 14);
    expect(objective({ objective: 'logistic' }).start(dataOf([1, 1]))[0]).toBeCloseTo(9 * Math.LN10, 6);
    const start = objective({ objective: 'softmax', numClass: 3 }).start(dataOf([0, 0, 0, 2]));
    expect([...start]).toEqual([Math.log(0.75), Math.log(1e-9), Math.log(0.25)]);
  });

  it('labels that are all 0 start Poisson at a mean of 1e-9', () => {
    expect(objective({ objective: 'poisson' }).start(dataOf([0, 0]))[0]).toBe(Math.log(1e-9));
  });
});

describe('relations between losses', () => {
  it('softmax of two classes is logistic of the difference of margins; its steps part the same distance', () => {
    fc.assert(
      fc.property(real, real, fc.constantFrom(0, 1), (a, b, y) => {
        const two = objective({ objective: 'softmax', numClass: 2 });
        const one = objective({ objective: 'logistic' });
        const data = dataOf([y]);
        const soft = derivatives(two, [a, b], data);
        const logistic = derivatives(one, [b - a], data);
        expect(soft.gradient[1]).toBeCloseTo(logistic.gradient[0], 14);
        expect(soft.hessian[1]).toBeCloseTo(2 * logistic.hessian[0], 14);
        expect(two.loss(Float64Array.of(a, b), data, 1)).toBeCloseTo(one.loss(Float64Array.of(b - a), data, 1), 12);
        const step = soft.gradient.map((g, k) => -g / soft.hessian[k]);
        expect((step[1] - step[0]) / (-logistic.gradient[0] / logistic.hessian[0])).toBeCloseTo(1, 9);
      }),
    );
  });

  it('tweedie of power 1 has Poisson\'s gradient and loss, up to a constant', () => {
    const data = dataOf([3, 0]);
    const margins = Float64Array.of(0.4, -1);
    const [tweedie, poisson] = [objective({ objective: 'tweedie', tweedieVariancePower: 1 }), objective({ objective: 'poisson' })];
    expect(distance(derivatives(tweedie, margins, data).gradient, derivatives(poisson, margins, data).gradient)).toBeLessThan(1e-15);
    expect(tweedie.loss(margins, data, 2)).toBeCloseTo(poisson.loss(margins, data, 2), 14);
  });

  it('the start of quantile loss covers: at least level of the weight at or below it, at most level below', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 19 }), (labels, twentieths) => {
        const level = twentieths / 20;
        const start = objective({ objective: 'quantile', alpha: level }).start(dataOf(labels))[0];
        expect(labels.filter((y) => y <= start).length / labels.length).toBeGreaterThanOrEqual(level - 1e-12);
        expect(labels.filter((y) => y < start).length / labels.length).toBeLessThanOrEqual(level + 1e-12);
      }),
    );
  });

  it('only absolute and quantile loss renew leaves, at their level', () => {
    expect(objective({ objective: 'absolute' }).renewalLevel).toBe(0.5);
    expect(objective({ objective: 'quantile', alpha: 0.1 }).renewalLevel).toBe(0.1);
    expect(objective({ objective: 'quantile' }).renewalLevel).toBe(0.9);
    for (const name of ['squared', 'huber', 'logistic', 'lambdarank'] as const) expect(objective({ objective: name }).renewalLevel).toBeUndefined();
  });
});

describe('long work', () => {
  it('yields at least every 65536 rows, and never twice the same number of rows', () => {
    for (const options of [{ objective: 'logistic' }, { objective: 'softmax', numClass: 4 }] as const) {
      const loss = objective(options);
      const n = 200_000;
      const done: number[] = [];
      for (const step of loss.gradients(new Float64Array(n * loss.outputs), dataOf(new Float64Array(n)), n, new Float64Array(n * loss.outputs), new Float64Array(n * loss.outputs), 0)) done.push(step.done);
      expect(done.at(-1)).toBe(n);
      const strides = done.map((rows, i) => rows - (i === 0 ? 0 : done[i - 1]));
      expect(Math.max(...strides)).toBeLessThanOrEqual(65_536 / loss.outputs);
      expect(Math.min(...strides)).toBeGreaterThan(0);
    }
  });
});
