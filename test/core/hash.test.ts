import { describe, expect, it } from 'vitest';
import { hash32, hashLabel, hashUniform } from '../../src/core/hash.ts';

/** MurmurHash3_x86_32 over whole bytes, written from its description; `withLength` is its last mixing-in of the byte count. */
function murmur3(bytes: Uint8Array, seed: number, withLength: boolean): number {
  const rotate = (x: number, r: number): number => (x << r) | (x >>> (32 - r));
  const scramble = (k: number): number => Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks = bytes.length >>> 2;
  let h = seed | 0;
  for (let i = 0; i < blocks; i++) h = (Math.imul(rotate(h ^ scramble(view.getInt32(4 * i, true)), 13), 5) + 0xe6546b64) | 0;
  let tail = 0;
  for (let i = bytes.length - 1; i >= 4 * blocks; i--) tail = (tail << 8) | bytes[i];
  h ^= scramble(tail);
  if (withLength) h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

describe('hash32', () => {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);

  it('the reference here gives the published MurmurHash3 x86 32 vectors', () => {
    expect(murmur3(text(''), 0, true)).toBe(0);
    expect(murmur3(text(''), 1, true)).toBe(0x514e28b7);
    expect(murmur3(text(''), 0xffffffff, true)).toBe(0x81f16f39);
    expect(murmur3(Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0, true)).toBe(0x76293b50);
    expect(murmur3(Uint8Array.of(0x21, 0x43, 0x65, 0x87), 0, true)).toBe(0xf55b516b);
    expect(murmur3(Uint8Array.of(0x21, 0x43, 0x65, 0x87), 0x5082edee, true)).toBe(0x2362f9de);
    expect(murmur3(Uint8Array.of(0x21, 0x43, 0x65), 0, true)).toBe(0x7e4a8634);
    expect(murmur3(text('Hello, world!'), 0x9747b28c, true)).toBe(0x24884cba);
  });

  it('is that construction over the two integers, without the length', () => {
    for (const seed of [0, 1, -1, 0x9747b28c, 123456789]) {
      for (const [stream, index] of [[0, 0], [1, 2], [-1, 0x7fffffff], [0x80000000, 99], [4294967295, 4294967295]]) {
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setInt32(0, stream | 0, true);
        new DataView(bytes.buffer).setInt32(4, index | 0, true);
        expect(hash32(seed, stream, index)).toBe(murmur3(bytes, seed, false));
      }
    }
  });

  it('takes signed and unsigned writings of the same bits alike', () => {
    expect(hash32(-1, -2, -3)).toBe(hash32(4294967295, 4294967294, 4294967293));
  });

  it('avalanche: flipping any input bit flips each output bit with probability within 0.06 of one half', () => {
    // 2000 inputs: the standard error of one of the 96 x 32 cells is 0.0112, so 0.06 is more than 5 of them; that of their mean is 0.0002.
    const trials = 2000;
    let total = 0;
    for (let input = 0; input < 96; input++) {
      const flips = new Uint32Array(32);
      for (let i = 0; i < trials; i++) {
        const words = [i * 7 + 1, i * 13 + 5, i];
        const before = hash32(words[0], words[1], words[2]);
        words[input >>> 5] ^= 1 << (input & 31);
        const difference = before ^ hash32(words[0], words[1], words[2]);
        for (let bit = 0; bit < 32; bit++) flips[bit] += (difference >>> bit) & 1;
      }
      for (const count of flips) {
        expect(Math.abs(count / trials - 0.5)).toBeLessThan(0.06);
        total += count;
      }
    }
    expect(Math.abs(total / trials / 96 / 32 - 0.5)).toBeLessThan(0.001);
  });
});

/** Pearson's statistic of counts against equal expectation. */
function chiSquare(counts: ArrayLike<number>, n: number): number {
  const expected = n / counts.length;
  return Array.from(counts).reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0);
}

describe('hashUniform', () => {
  it('fills 256 equal bins: chi-square below its 99.9 % point 330.5, by index, by stream and by seed', () => {
    const n = 100_000;
    for (const draw of [(i: number) => hashUniform(42, 7, i), (i: number) => hashUniform(42, i, 7), (i: number) => hashUniform(i, 42, 7)]) {
      const counts = new Uint32Array(256);
      for (let i = 0; i < n; i++) counts[Math.floor(draw(i) * 256)]++;
      expect(chiSquare(counts, n)).toBeLessThan(330.5);
    }
  });

  it('neighbouring indices are independent: 32 x 32 pairs, chi-square below its 99.9 % point 1168.5', () => {
    const n = 100_000;
    const counts = new Uint32Array(1024);
    for (let i = 0; i < n; i++) counts[Math.floor(hashUniform(3, 1, i) * 32) * 32 + Math.floor(hashUniform(3, 1, i + 1) * 32)]++;
    expect(chiSquare(counts, n)).toBeLessThan(1168.5);
  });

  it('lies in [0, 1) and does not depend on the order of calls', () => {
    const forward = Array.from({ length: 100 }, (_, i) => hashUniform(1, 2, i));
    const backward = Array.from({ length: 100 }, (_, i) => hashUniform(1, 2, 99 - i)).reverse();
    expect(backward).toEqual(forward);
    expect(forward.every((u) => u >= 0 && u < 1)).toBe(true);
    expect(4294967295 / 4294967296).toBeLessThan(1);
  });
});

describe('hashLabel', () => {
  it('gives 20000 labels distinct hashes, apart from the two collisions 32 bits allow', () => {
    const hashes = new Set(Array.from({ length: 20_000 }, (_, i) => hashLabel(1, `fold ${i}`)));
    expect(hashes.size).toBeGreaterThanOrEqual(19_998);
  });

  it('depends on seed, letters, order and length', () => {
    expect(new Set([hashLabel(1, 'ab'), hashLabel(2, 'ab'), hashLabel(1, 'ba'), hashLabel(1, 'abc'), hashLabel(1, ''), hashLabel(1, 'AB')]).size).toBe(6);
  });
});
