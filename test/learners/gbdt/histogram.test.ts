import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.ts';
import { packGradients, roundHessians } from '../../../src/learners/gbdt/gradients.ts';
import { addToHistogram, BINS, hessianScale, packingFor, subtractHistogram } from '../../../src/learners/gbdt/histogram.ts';
import { range } from '../data.ts';

function pack(gradient: Float64Array): { packed: Float64Array; unit: number; scale: number } {
  const packing = packingFor(gradient.length, gradient.reduce((sum, g) => sum + Math.abs(g), 0));
  const packed = new Float64Array(gradient.length);
  packGradients(gradient, range(0, gradient.length), packing, packed);
  return { packed, ...packing };
}

// Exact sums of the integers behind packed values.
function integers(packed: Float64Array, unit: number): { sum: bigint; absolute: bigint } {
  let [sum, absolute] = [0n, 0n];
  for (const p of packed) {
    const q = BigInt(p - unit);
    sum += q;
    absolute += q < 0n ? -q : q;
  }
  return { sum, absolute };
}

describe('packing', () => {
  const anyGradients = fc.array(fc.double({ min: -1e100, max: 1e100, noNaN: true }), { minLength: 1, maxLength: 200 });

  it('sums, counts and decoding are exact, whatever the gradients', () => {
    fc.assert(fc.property(anyGradients, (values) => {
      const { packed, unit, scale } = pack(Float64Array.from(values));
      const { sum, absolute } = integers(packed, unit);
      expect(absolute < BigInt(unit / 2)).toBe(true);
      let cell = 0;
      for (const p of packed) cell += p;
      const count = Math.floor((cell + unit / 2) / unit);
      expect(count).toBe(values.length);
      expect(BigInt(cell - count * unit)).toBe(sum);
      values.forEach((g, i) => expect(Math.abs((packed[i] - unit) / scale - g)).toBeLessThanOrEqual(0.5 / scale));
    }), { numRuns: 300 });
  });

  it('a million rows with heavy tails, or one row that carries all, stay below the bounds', () => {
    const n = 1_000_000;
    const random = randomStream(1, 'tails');
    const heavy = Float64Array.from({ length: n }, () => (random.uniform() - 0.5) / (random.uniform() + 1e-12));
    const single = new Float64Array(n);
    single[77] = -1e100;
    const halves = new Float64Array(n).fill(0.5);
    for (const gradient of [heavy, single, halves]) {
      const { packed, unit } = pack(gradient);
      let absolute = 0;
      let cell = 0;
      for (const p of packed) {
        absolute += Math.abs(p - unit);
        cell += p;
      }
      expect(absolute).toBeLessThan(unit / 2);
      expect(n * unit + absolute).toBeLessThan(2 ** 53);
      expect(Math.floor((cell + unit / 2) / unit)).toBe(n);
    }
  });

  it('uses its room: at least 10 bits of the mean gradient at a million rows', () => {
    for (const n of [1, 2, 3, 1023, 1024, 1025, 1_000_000]) {
      const { unit, scale } = packingFor(n, n * 0.37);
      expect(n * 0.37 * scale + n / 2).toBeLessThan(unit / 2);
      expect(0.37 * scale).toBeGreaterThan(unit / 2 / n / 2 - 2);
      expect(Math.log2(scale) % 1).toBe(0);
    }
    expect(0.37 * packingFor(1_000_000, 370_000).scale).toBeGreaterThan(1024);
  });

  it('all gradients 0 pack to their count', () => {
    const { packed, unit } = pack(new Float64Array(3));
    expect(Array.from(packed)).toEqual([unit, unit, unit]);
  });

  it('hessians are integers whose sum stays below 2^53', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e100, noNaN: true }), { minLength: 1, maxLength: 100 }), (values) => {
      const hessians = Float64Array.from(values);
      const total = values.reduce((a, b) => a + b, 0);
      const scale = hessianScale(values.length, total);
      roundHessians(hessians, range(0, values.length), scale);
      let sum = 0n;
      hessians.forEach((h, i) => {
        sum += BigInt(h);
        expect(Math.abs(h / scale - values[i])).toBeLessThanOrEqual(0.5 / scale);
      });
      expect(sum < 2n ** 53n).toBe(true);
    }));
  });
});

describe('addToHistogram', () => {
  it('adds each row once to the cell of each of its bins, for every width, in any order of rows', () => {
    const random = randomStream(2, 'histogram');
    for (const features of [1, 4, 7, 8, 12, 16, 20, 24, 28, 36]) {
      const n = 60;
      const stride = (features + 3) & ~3;
      const bins = Uint8Array.from({ length: n * stride }, () => random.integer(256));
      const values = Float64Array.from({ length: n }, () => random.integer(1e6));
      const rows = random.permutation(n).subarray(0, 41);
      const naive = new Float64Array(stride * BINS);
      for (const row of rows.subarray(5)) for (let f = 0; f < stride; f++) naive[f * BINS + bins[row * stride + f]] += values[row];
      for (const order of [rows, Uint32Array.from([...rows.subarray(0, 5), ...rows.subarray(5).slice().sort()])]) {
        const cells = new Float64Array(stride * BINS);
        addToHistogram(cells, new Uint32Array(bins.buffer), stride / 4, order, 5, 41, values);
        expect(cells).toEqual(naive);
      }
    }
  });

  it('a child is its parent less its sibling, and empty bins are exactly 0', () => {
    const parent = Float64Array.of(2 ** 40 + 3, 2 ** 40 - 1, 0);
    subtractHistogram(parent, Float64Array.of(2 ** 40 + 3, 0, 0));
    expect(Array.from(parent)).toEqual([0, 2 ** 40 - 1, 0]);
  });
});
