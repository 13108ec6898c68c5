import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, derivatives, distance, objective, sum } from './objective-for-test.ts';

// Rounding of sums of a few hundred terms below 100.
const ROUNDING = 1e-11;

interface Settings {
  readonly gains: readonly number[];
  readonly truncation: number;
  readonly sigmoid: number;
  readonly norm: boolean;
}

function permutations(items: readonly number[]): number[][] {
  return items.length <= 1 ? [[...items]] : items.flatMap((item, i) => permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]));
}

const discount = (rank: number): number => 1 / Math.log2(2 + rank);

// The definition, pair by pair over rows, as a mean over every order in which margins do not rise.
function byDefinition(margins: readonly number[], labels: readonly number[], { gains, truncation, sigmoid, norm }: Settings): { gradient: number[]; hessian: number[] } {
  const n = margins.length;
  const maxDcg = sum([...labels].sort((a, b) => b - a).slice(0, truncation).map((label, rank) => gains[label] * discount(rank)));
  const gradient = new Array<number>(n).fill(0);
  const hessian = new Array<number>(n).fill(0);
  if (maxDcg === 0) return { gradient, hessian };
  const orders = permutations(margins.map((_, i) => i)).filter((order) => order.every((row, rank) => rank === 0 || margins[order[rank - 1]] >= margins[row]));
  const spread = Math.max(...margins) > Math.min(...margins);
  let size = 0;
  for (const order of orders) {
    for (let a = 0; a < n; a++) {
      for (let b = a + 1; b < n; b++) {
        if (a >= truncation) continue;
        const [high, low] = labels[order[a]] > labels[order[b]] ? [order[a], order[b]] : [order[b], order[a]];
        let delta = ((gains[labels[high]] - gains[labels[low]]) * (discount(a) - discount(b))) / maxDcg / orders.length;
        if (norm && spread) delta /= 0.01 + Math.abs(margins[high] - margins[low]);
        const rho = 1 / (1 + Math.exp(sigmoid * (margins[high] - margins[low])));
        gradient[high] -= sigmoid * delta * rho;
        gradient[low] += sigmoid * delta * rho;
        hessian[high] += sigmoid ** 2 * delta * rho * (1 - rho);
        hessian[low] += sigmoid ** 2 * delta * rho * (1 - rho);
        size += 2 * sigmoid * delta * rho;
      }
    }
  }
  const factor = norm && size > 0 ? Math.log2(1 + size) / size : 1;
  return { gradient: gradient.map((g) => g * factor), hessian: hessian.map((h) => h * factor) };
}

const GAINS = [0, 1, 3, 7];

describe('lambdarank by hand: labels 2 1 0 at margins 0 1 2, the worst order', () => {
  // Gains 3 1 0; discounts of ranks 1, 1 / log2(3) = 0.630930, 1/2; largest DCG 3 + 0.630930 = 3.630930.
  // Pair of labels   |gain|  |discounts|           delta     rho = 1 / (1 + exp(m_high - m_low))   delta rho  delta rho (1 - rho)
  //   2, 1           2       0.630930 - 0.5        0.072119  1 / (1 + exp(-1)) = 0.731059          0.052723   0.014179
  //   2, 0           3       1 - 0.5               0.413117  1 / (1 + exp(-2)) = 0.880797          0.363873   0.043375
  //   1, 0           1       1 - 0.630930          0.101646  1 / (1 + exp(-1)) = 0.731059          0.074309   0.019985
  const data = dataOf([2, 1, 0], { groups: [5, 5, 5] });

  it('without the norm', () => {
    const { gradient, hessian } = derivatives(objective({ objective: 'lambdarank', lambdarankNorm: false }), [0, 1, 2], data);
    // -(0.052723 + 0.363873), 0.052723 - 0.074309, 0.363873 + 0.074309
    expect(distance(gradient, [-0.41659584699252916, -0.021586022312585156, 0.43818186930511427])).toBeLessThan(1e-15);
    expect(distance(hessian, [0.05755415175320808, 0.03416433999232277, 0.06335952727567916])).toBeLessThan(1e-15);
  });

  it('with the norm: pairs over 1.01, 2.01, 1.01, sizes 2 * 0.306806, and all times log2(1 + 0.613612) / 0.613612 = 1.124968', () => {
    const { gradient, hessian } = derivatives(objective({ objective: 'lambdarank' }), [0, 1, 2], data);
    expect(distance(gradient, [-0.26237894135693307, -0.024043147593937855, 0.2864220889508709])).toBeLessThan(1e-15);
    expect(distance(hessian, [0.04006969650084306, 0.03805324839333574, 0.04653589478896528])).toBeLessThan(1e-15);
  });

  it('truncated at 1: pairs of the first rank only, and the largest DCG is 3', () => {
    const { gradient } = derivatives(objective({ objective: 'lambdarank', lambdarankNorm: false, lambdarankTruncationLevel: 1 }), [0, 1, 2], data);
    const [first, second] = [(3 * 0.5 * 0.8807970779778823) / 3, ((1 - Math.LN2 / Math.log(3)) * 0.7310585786300049) / 3];
    expect(distance(gradient, [-first, -second, first + second])).toBeLessThan(1e-15);
  });

  it('at equal margins a pair has the mean difference of discounts, 1/3, and rho is 1/2', () => {
    // ((1 - 0.630930) + (1 - 0.5) + (0.630930 - 0.5)) / 3 = 1/3
    const { gradient, hessian } = derivatives(objective({ objective: 'lambdarank', lambdarankNorm: false }), [4, 4, 4], data);
    const unit = 1 / 6 / (3 + Math.LN2 / Math.log(3));
    expect(distance(gradient, [-5 * unit, (2 - 1) * unit, 4 * unit])).toBeLessThan(1e-15);
    expect(distance(hessian, [2.5 * unit, 1.5 * unit, 2 * unit])).toBeLessThan(1e-15);
  });
});

describe('lambdarank', () => {
  const query = fc.array(fc.record({ label: fc.integer({ min: 0, max: 3 }), margin: fc.constantFrom(-1.5, 0, 0, 0.25, 2) }), { minLength: 1, maxLength: 6 });
  const settings = fc.record({ truncation: fc.integer({ min: 1, max: 6 }), sigmoid: fc.constantFrom(0.5, 1, 3), norm: fc.boolean() });
  const lossOf = ({ truncation, sigmoid, norm }: { truncation: number; sigmoid: number; norm: boolean }): ReturnType<typeof objective> => objective({ objective: 'lambdarank', lambdarankTruncationLevel: truncation, sigmoid, lambdarankNorm: norm, labelGain: GAINS });

  it('is the mean of the pairwise definition over all orders of rows with equal margins', () => {
    fc.assert(
      fc.property(query, settings, (rows, chosen) => {
        const [labels, margins] = [rows.map((row) => row.label), rows.map((row) => row.margin)];
        const expected = byDefinition(margins, labels, { ...chosen, gains: GAINS });
        const found = derivatives(lossOf(chosen), margins, dataOf(labels, { groups: labels.map(() => 0) }));
        expect(distance(found.gradient, expected.gradient)).toBeLessThan(ROUNDING);
        expect(distance(found.hessian, expected.hessian)).toBeLessThan(ROUNDING);
      }),
      { numRuns: 60 },
    );
  });

  const panel = fc.array(fc.record({ label: fc.integer({ min: 0, max: 3 }), margin: fc.constantFrom(-1.5, 0, 0, 0.25, 2, 2.5, 7), group: fc.integer({ min: -2, max: 2 }) }), { minLength: 1, maxLength: 80 });

  it('sums to 0 in each query, the best labels are pushed up and the worst down', () => {
    fc.assert(
      fc.property(panel, settings, (rows, chosen) => {
        const { gradient } = derivatives(lossOf(chosen), rows.map((row) => row.margin), dataOf(rows.map((row) => row.label), { groups: rows.map((row) => row.group) }));
        for (const group of new Set(rows.map((row) => row.group))) {
          const own = rows.flatMap((row, i) => (row.group === group ? [i] : []));
          expect(Math.abs(sum(own.map((i) => gradient[i])))).toBeLessThan(ROUNDING);
          const labels = own.map((i) => rows[i].label);
          for (const i of own) {
            if (rows[i].label === Math.max(...labels)) expect(gradient[i]).toBeLessThanOrEqual(0);
            if (rows[i].label === Math.min(...labels)) expect(gradient[i]).toBeGreaterThanOrEqual(0);
          }
        }
      }),
    );
  });

  it('gives the same bits in any order of rows, and queries may lie apart', () => {
    fc.assert(
      fc.property(panel, settings, fc.infiniteStream(fc.nat()), (rows, chosen, keys) => {
        const order = rows.map((_, i) => ({ i, key: keys.next().value as number })).sort((a, b) => a.key - b.key || a.i - b.i).map(({ i }) => i);
        const at = (places: readonly number[]): ReturnType<typeof derivatives> => derivatives(lossOf(chosen), places.map((i) => rows[i].margin), dataOf(places.map((i) => rows[i].label), { groups: places.map((i) => rows[i].group) }));
        const one = at(rows.map((_, i) => i));
        const two = at(order);
        expect(order.map((i) => one.gradient[i])).toEqual([...two.gradient]);
        expect(order.map((i) => one.hessian[i])).toEqual([...two.hessian]);
      }),
    );
  });

  it('does not see a constant added to the margins of a query', () => {
    fc.assert(
      fc.property(panel, settings, fc.integer({ min: -64, max: 64 }), (rows, chosen, shift) => {
        const data = dataOf(rows.map((row) => row.label), { groups: rows.map((row) => row.group) });
        const one = derivatives(lossOf(chosen), rows.map((row) => row.margin), data);
        const two = derivatives(lossOf(chosen), rows.map((row) => row.margin + shift * (row.group + 3)), data);
        expect(one).toEqual(two); // quarters and integers: the differences are exact
      }),
    );
  });

  it('multiplies the derivatives of a row by its weight', () => {
    const [labels, groups, margins] = [[3, 0, 1, 2, 0, 1], [1, 1, 1, 2, 2, 2], [0.5, 1, 2, 3, 1, 2]];
    const plain = derivatives(objective({ objective: 'lambdarank' }), margins, dataOf(labels, { groups }));
    const weights = [1, 2, 0, 0.5, 4, 1];
    const weighted = derivatives(objective({ objective: 'lambdarank' }), margins, dataOf(labels, { groups, weights }));
    expect([...weighted.gradient]).toEqual(weights.map((weight, i) => weight * plain.gradient[i]));
    expect([...weighted.hessian]).toEqual(weights.map((weight, i) => weight * plain.hessian[i]));
  });

  it('has no gradient in a query of one row, of equal labels, or of gains that are all 0', () => {
    const loss = objective({ objective: 'lambdarank', labelGain: [0, 0, 1] });
    const { gradient, hessian } = derivatives(loss, [1, 2, 3, 4, 5], dataOf([2, 2, 2, 0, 1], { groups: [1, 2, 2, 3, 3] }));
    expect([...gradient, ...hessian].every((value) => value === 0)).toBe(true);
  });

  it('stays finite at extreme margins, with and without the norm', () => {
    for (const lambdarankNorm of [true, false]) {
      const loss = objective({ objective: 'lambdarank', lambdarankNorm, sigmoid: 900 });
      const { gradient, hessian } = derivatives(loss, [-1.7e308, 1.7e308, -5000, 5000, 0], dataOf([4, 0, 1, 31, 2], { groups: [0, 0, 0, 0, 0] }));
      expect([...gradient, ...hessian].every(Number.isFinite)).toBe(true);
      expect(hessian.every((h) => h >= 0)).toBe(true);
    }
  });

  it('finds the queries of its rows only, and again for other data', () => {
    const loss = objective({ objective: 'lambdarank' });
    const labels = [2, 9, 0, 1];
    const few = derivatives(loss, [0, 0, 1, 2], dataOf(labels, { groups: [1, NaN, 1, 1], rows: [0, 2, 3] }));
    expect(Number.isNaN(few.gradient[1])).toBe(true);
    const fewer = derivatives(loss, [0, 0, 1, 2], dataOf(labels, { groups: [1, NaN, 1, 1], rows: [0, 2] }));
    expect(Number.isNaN(fewer.gradient[3])).toBe(true);
    expect(fewer.gradient[0]).not.toBe(few.gradient[0]);
  });

  it('finds the queries of one data object once', () => {
    let reads = 0;
    const groups = new Proxy([1, 1, 2, 2], {
      get(target, key): unknown {
        reads++;
        return Reflect.get(target, key);
      },
    });
    const data = { ...dataOf([0, 1, 2, 0]), groups };
    const loss = objective({ objective: 'lambdarank' });
    derivatives(loss, [0, 0, 0, 0], data);
    const first = reads;
    expect(first).toBeGreaterThan(0);
    derivatives(loss, [1, 2, 3, 4], data, 1);
    loss.loss(Float64Array.of(1, 2, 3, 4), data, 4);
    expect(reads).toBe(first);
  });

  it('yields on a long query before half a million pairs', () => {
    const n = 4000;
    const loss = objective({ objective: 'lambdarank', lambdarankTruncationLevel: n });
    const margins = Float64Array.from({ length: n }, (_, i) => ((i * 7919) % n) / n);
    const steps = [...loss.gradients(margins, dataOf(Float64Array.from({ length: n }, (_, i) => i % 5), { groups: new Uint32Array(n) }), n, new Float64Array(n), new Float64Array(n), 0)];
    expect(steps.length).toBeGreaterThan((n * n) / 2 / 500_000);
  });

  it('needs groups, finite on every row used', () => {
    expect(() => derivatives(objective({ objective: 'lambdarank' }), [0], dataOf([0]))).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'fitGbdt: groups must be given for objective "lambdarank", got undefined' }));
    expect(() => derivatives(objective({ objective: 'lambdarank' }), [0, 0], dataOf([0, 0], { groups: [1, NaN] }))).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'fitGbdt: groups must be finite on every row used, got NaN in row 1' }));
  });
});

describe('loss of ranking: 1 less the mean NDCG', () => {
  const loss = objective({ objective: 'lambdarank' });
  const best = 3 + Math.LN2 / Math.log(3);

  it('labels 2 1 0 in the worst order: 1 - (0 + 0.630930 + 3/2) / 3.630930', () => {
    const data = dataOf([2, 1, 0], { groups: [0, 0, 0] });
    expect(loss.loss(Float64Array.of(0, 1, 2), data, 3)).toBeCloseTo(0.41311732856427996, 14);
    expect(loss.loss(Float64Array.of(2, 1, 0), data, 3)).toBe(0);
    // At equal margins every row has the mean discount.
    expect(loss.loss(Float64Array.of(5, 5, 5), data, 3)).toBeCloseTo(1 - (4 * (1.5 + Math.LN2 / Math.log(3))) / 3 / best, 14);
  });

  it('cuts off at the truncation: of two tied rows at ranks 1 and 2 the second has discount 0', () => {
    const one = objective({ objective: 'lambdarank', lambdarankTruncationLevel: 1 });
    expect(one.loss(Float64Array.of(1, 1), dataOf([1, 0], { groups: [0, 0] }), 2)).toBe(0.5);
    expect(objective({ objective: 'xendcg' }).loss(Float64Array.of(1, 1), dataOf([1, 0], { groups: [0, 0] }), 2)).toBeCloseTo(1 - (1 + Math.LN2 / Math.log(3)) / 2, 14);
  });

  it('weighs queries by the mean weight of their rows; one without gain counts as perfect', () => {
    const data = dataOf([1, 0, 0, 0, 0], { groups: [0, 0, 1, 1, 1], weights: [1, 3, 4, 8, 6] });
    const bad = 1 - Math.LN2 / Math.log(3);
    expect(loss.loss(Float64Array.of(0, 1, 0, 1, 2), data, 5)).toBeCloseTo((2 * bad) / (2 + 6), 14);
  });

  it('falls along a small step against the gradient', () => {
    const data = dataOf([3, 0, 1, 2, 0, 1], { groups: [0, 0, 0, 0, 0, 0] });
    const margins = Float64Array.of(0, 0.5, 0.4, 0.3, 0.2, 0.1);
    const { gradient } = derivatives(loss, margins, data);
    expect(loss.loss(margins.map((margin, i) => margin - gradient[i]), data, 6)).toBeLessThan(loss.loss(margins, data, 6));
  });
});
