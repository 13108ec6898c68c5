import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64ToBytes, bytesToBase64 } from '../../src/core/base64.ts';

describe('base64', () => {
  it('gives the vectors of RFC 4648, section 10', () => {
    for (const [text, encoded] of [['', ''], ['f', 'Zg=='], ['fo', 'Zm8='], ['foo', 'Zm9v'], ['foob', 'Zm9vYg=='], ['fooba', 'Zm9vYmE='], ['foobar', 'Zm9vYmFy']]) {
      expect(bytesToBase64(new TextEncoder().encode(text))).toBe(encoded);
      expect(new TextDecoder().decode(base64ToBytes(encoded))).toBe(text);
    }
  });

  it('equals Buffer for any bytes, and comes back', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = bytesToBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(base64ToBytes(text)).toStrictEqual(bytes);
    }));
    const large = Uint8Array.from({ length: 100_001 }, (_, i) => (i * 31) ^ (i >>> 8));
    expect(bytesToBase64(large)).toBe(Buffer.from(large).toString('base64'));
    expect(base64ToBytes(bytesToBase64(large))).toEqual(large);
  });

  it('reads exactly the texts that Buffer would write', () => {
    const letter = fc.constantFrom(...'AQgw/+z9=', ' ', '\n', '-', '_', 'é', '\0');
    fc.assert(fc.property(fc.string({ unit: letter, maxLength: 12 }), (text) => {
      const isCanonical = Buffer.from(text, 'base64').toString('base64') === text;
      if (isCanonical) expect(base64ToBytes(text)).toEqual(new Uint8Array(Buffer.from(text, 'base64')));
      else expect(() => base64ToBytes(text)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
    }), { numRuns: 2000 });
  });

  it.each(['A', 'AA', 'AAA', 'A===', '====', '=AAA', 'A=AA', 'AA=A', 'AAAA====', 'AB==', 'AAB=', 'AA A', 'AAAA\n', 'AA-_', 'AA==AAAA'])('refuses %j', (text) => {
    expect(() => base64ToBytes(text)).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA' }));
  });
});
