import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTensors, encodeTensors } from '../../src/bundle/index.ts';
import { isQuantwrightError } from '../../src/core/errors.ts';

const sample = () => encodeTensors({ b: new Uint8Array([1, 2, 3]), a: Float64Array.of(1, -0, NaN, Infinity), c: Int32Array.of(-5), d: new Float32Array(0) });

function refused(bytes: Uint8Array): boolean {
  try {
    decodeTensors(bytes);
    return false;
  } catch (error) {
    if (!isQuantwrightError(error, 'ERR_SCHEMA')) throw error;
    return true;
  }
}

function withHeader(header: unknown, data: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

describe('tensors', () => {
  it('come back to the bit, whatever their type', () => {
    const back = decodeTensors(sample());
    expect(Object.keys(back).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(back['a']).toEqual(Float64Array.of(1, -0, NaN, Infinity));
    expect(Object.is(back['a'][1], -0)).toBe(true);
    expect(back['b']).toEqual(new Uint8Array([1, 2, 3]));
    expect(back['d']).toEqual(new Float32Array(0));
  });

  it('are written in one order, whatever order they came in', () => {
    const other = encodeTensors({ d: new Float32Array(0), c: Int32Array.of(-5), a: Float64Array.of(1, -0, NaN, Infinity), b: new Uint8Array([1, 2, 3]) });
    expect(other).toEqual(sample());
  });

  it('start on a multiple of eight and hold data without holes', () => {
    const file = sample();
    const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    expect(file.length).toBe(8 + headerLength + 32 + 4 + 3);
  });

  it('refuse overlaps, holes, sizes that overflow, wrong shapes and unknown types', () => {
    const data = new Uint8Array(16);
    const entry = (extra: object): object => ({ x: { dtype: 'F64', shape: [2], data_offsets: [0, 16], ...extra } });
    expect(refused(withHeader(entry({}), data))).toBe(false);
    for (const extra of [{ dtype: 'F16' }, { dtype: 'constructor' }, { shape: [3] }, { shape: [2, 1] }, { shape: [-2] }, { shape: [1.5] }, { shape: [2 ** 61] }, { data_offsets: [8, 24] }, { data_offsets: [0, 8] }, { data_offsets: [0] }, { data_offsets: ['0', 16] }]) {
      expect(refused(withHeader(entry(extra), data)), JSON.stringify(extra)).toBe(true);
    }
    expect(refused(withHeader({ x: { dtype: 'F64', shape: [1], data_offsets: [0, 8] }, y: { dtype: 'F64', shape: [1], data_offsets: [0, 8] } }, data.slice(0, 8)))).toBe(true);
    expect(refused(withHeader({ x: { dtype: 'U8', shape: [4], data_offsets: [0, 4] } }, data))).toBe(true);
    for (const header of ['[]', 'null', '{', '{"__proto__":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', '{"a b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', '{"x":null}']) expect(refused(withHeader(header, new Uint8Array(0))), header).toBe(true);
  });

  it('never allocate from a declared length, and survive any bytes', () => {
    const huge = new Uint8Array(16);
    new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
    expect(refused(huge)).toBe(true);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      refused(bytes);
    }), { numRuns: 500 });
    const good = sample();
    fc.assert(fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (i, flip) => {
      const bad = good.slice();
      bad[i] ^= flip;
      refused(bad);
    }), { numRuns: 1000 });
  });
});
