import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE_KEYS, UNUSUAL_KEYS } from '../../src/storage/conformance-keys.ts';
import { checkKey, checkPrefix } from '../../src/storage/index.ts';

describe('checkKey', () => {
  it('returns a good key as it is', () => {
    for (const key of ['a', 'format.json', 'm/us-equity_return.h5/log/000000000001.json', ...UNUSUAL_KEYS]) expect(checkKey('put', key)).toBe(key);
  });

  it('refuses at least 40 kinds of hostile keys', () => {
    expect(HOSTILE_KEYS.length).toBeGreaterThan(40);
    for (const key of HOSTILE_KEYS) expect(() => checkKey('put', key), String(key)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY', outcome: 'not-applied' }));
  });

  it('names the function, the argument, the rule and the value', () => {
    expect(() => checkKey('put', '../a')).toThrow(/^put: key must be one or more segments of .* got "\.\.\/a"$/);
  });

  it('refuses, and never rewrites: what passes is what was given, and holds no way out', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: fc.constantFrom('a', '.', '/', '-', '%', '\\', '2', 'e', 'A', '\0'), maxLength: 12 })), (text) => {
        let key: string;
        try {
          key = checkKey('get', text);
        } catch {
          return;
        }
        expect(key).toBe(text);
        expect(key).toMatch(/^[a-z0-9/._-]+$/);
        for (const segment of key.split('/')) expect(['', '.', '..']).not.toContain(segment);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('checkPrefix', () => {
  it('takes everything, or a folder', () => {
    expect(checkPrefix('list', '')).toBe('');
    expect(checkPrefix('list', 'm/a/')).toBe('m/a/');
    for (const prefix of ['m', '/', 'm//', '../', 'M/', undefined, 3]) expect(() => checkPrefix('list', prefix)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY' }));
  });
});
