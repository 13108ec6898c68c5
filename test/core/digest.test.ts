import { describe, expect, it } from 'vitest';
import { digestOf, sha256 } from '../../src/core/digest.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('sha256', () => {
  // FIPS 180-4 examples and the empty message.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
  ])('of %j', async (text, digest) => {
    expect(await sha256(bytes(text))).toBe(digest);
  });

  it('of a million a', async () => {
    expect(await sha256(new Uint8Array(1e6).fill(97))).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
  });

  it('of shared memory, and of a window into a larger buffer', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(3));
    shared.set(bytes('abc'));
    expect(await sha256(shared)).toBe(await sha256(bytes('abc')));
    expect(await sha256(bytes('xabcx').subarray(1, 4))).toBe(await sha256(bytes('abc')));
  });
});

describe('digestOf', () => {
  it('is the digest of the canonical JSON', async () => {
    expect(await digestOf({ b: 1, a: [NaN] })).toBe(await sha256(bytes('{"a":[{"$":"number","value":"NaN"}],"b":1}')));
  });

  it('equal data, equal digest; one bit apart, another one', async () => {
    expect(await digestOf({ a: 1, b: Float64Array.of(0.1) })).toBe(await digestOf({ b: Float64Array.of(0.1), a: 1 }));
    const digests = await Promise.all([0.1, 0.1 + 2 ** -56, -0, 0, NaN].map((v) => digestOf(Float64Array.of(v))));
    expect(new Set(digests).size).toBe(5);
  });

  it('refuses what is not data', async () => {
    await expect(digestOf({ f: () => 1 })).rejects.toMatchObject({ code: 'ERR_SCHEMA' });
  });
});
