/** Seeded random streams. One seed, many labels: adding a stream never changes another. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { requireInteger, requireNumber } from './assert.ts';
import { hashLabel } from './hash.ts';

/** A stream of draws. Two streams of one seed and different labels are independent for every practical purpose. */
export interface RandomStream {
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Integer in [0, n). */
  integer(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** Student t with `degreesOfFreedom` > 2, scaled to unit variance. */
  studentT(degreesOfFreedom: number): number;
  /** A random order of 0..n-1, shape (n). */
  permutation(n: number): Uint32Array;
  /** A stream of its own for a part of the work. */
  fork(label: string): RandomStream;
}

/**
 * The stream called `label` of a seed.
 *
 * @param seed - any 32-bit integer
 */
export function randomStream(seed: number, label: string): RandomStream {
  return streamFrom(hashLabel(requireInteger('randomStream', 'seed', seed, { min: -2147483648, max: 4294967295 }), label));
}

function streamFrom(state: number): RandomStream {
  const generator = xoroshiro128plus(state | 0);
  let spare: number | undefined;
  const uniform = (): number => uniformFloat64(generator);
  const integer = (n: number): number => uniformInt(generator, 0, (n >= 1 ? n : requireInteger('integer', 'n', n, { min: 1 })) - 1);
  // Marsaglia's polar method gives two normals at a time.
  const normal = (): number => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * scale;
      return u * scale;
    }
  };
  return {
    uniform,
    integer,
    normal,
    // Bailey (1994), polar generation of Student t.
    studentT: (degreesOfFreedom) => {
      if (!(degreesOfFreedom > 2)) requireNumber('studentT', 'degreesOfFreedom', degreesOfFreedom, { min: 2, open: true });
      for (;;) {
        const u = 2 * uniform() - 1;
        const v = 2 * uniform() - 1;
        const w = u * u + v * v;
        if (w > 1 || w === 0) continue;
        // w^(-2/n) - 1 without the power operator, whose last bit differs between engines.
        const t = u * Math.sqrt((degreesOfFreedom * Math.expm1((-2 / degreesOfFreedom) * Math.log(w))) / w);
        return t * Math.sqrt((degreesOfFreedom - 2) / degreesOfFreedom);
      }
    },
    permutation: (n) => {
      const order = new Uint32Array(n);
      for (let i = 0; i < n; i++) {
        const j = integer(i + 1);
        order[i] = order[j];
        order[j] = i;
      }
      return order;
    },
    fork: (label) => streamFrom(hashLabel(state, label)),
  };
}
