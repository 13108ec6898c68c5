import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestName, requireInteger, requireKnownKeys, requireNumber, requireOneOf, requireSameLength, requireText, show, unknownName } from '../../src/core/assert.ts';

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

describe('show', () => {
  it.each([
    [1.5, '1.5'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    ['a"b', '"a\\"b"'],
    ['x'.repeat(100), `"${'x'.repeat(57)}..."`],
    [[1, 2], 'array of 2'],
    [() => 1, 'a function'],
    [{ a: 1, b: 2 }, '{ a, b }'],
    [new Map(), 'Map'],
    [new Float64Array(2), 'Float64Array'],
    [Object.create(null), '{  }'],
    [{ constructor: 1 }, '{ constructor }'],
    [10n, '10'],
    [Symbol('s'), 'Symbol(s)'],
  ])('case %#', (value, text) => {
    expect(show(value)).toBe(text);
  });
});

describe('messages read function, argument, rule, value', () => {
  it('requireNumber', () => {
    expect(requireNumber('f', 'x', 2, { min: 0, max: 2 })).toBe(2);
    expect(messageOf(() => requireNumber('f', 'x', 3, { min: 0, max: 2 }))).toBe('f: x must be a finite number in [0, 2], got 3');
    expect(messageOf(() => requireNumber('f', 'x', 2, { min: 0, max: 2, open: true }))).toBe('f: x must be a finite number in (0, 2), got 2');
    expect(messageOf(() => requireNumber('f', 'x', -1, { min: 0 }))).toBe('f: x must be a finite number >= 0, got -1');
    expect(messageOf(() => requireNumber('f', 'x', 0, { min: 0, open: true }))).toBe('f: x must be a finite number > 0, got 0');
    expect(messageOf(() => requireNumber('f', 'x', 1, { max: 0 }))).toBe('f: x must be a finite number <= 0, got 1');
    expect(messageOf(() => requireNumber('f', 'x', 0, { max: 0, open: true }))).toBe('f: x must be a finite number < 0, got 0');
    for (const value of [NaN, Infinity, '1', null, undefined]) expect(messageOf(() => requireNumber('f', 'x', value))).toBe(`f: x must be a finite number, got ${show(value)}`);
  });

  it('requireInteger', () => {
    expect(requireInteger('f', 'n', 3, { min: 1 })).toBe(3);
    for (const value of [0, 1.5, NaN, Infinity, '2']) expect(messageOf(() => requireInteger('f', 'n', value, { min: 1 }))).toBe(`f: n must be an integer >= 1, got ${show(value)}`);
  });

  it('requireOneOf and requireText', () => {
    expect(requireOneOf('f', 'mode', 'a', ['a', 'b'])).toBe('a');
    expect(messageOf(() => requireOneOf('f', 'mode', 'c', ['a', 'b']))).toBe('f: mode must be one of "a", "b", got "c"');
    expect(requireText('f', 'name', 'x')).toBe('x');
    for (const value of ['', 1, null]) expect(messageOf(() => requireText('f', 'name', value))).toBe(`f: name must be a non-empty string, got ${show(value)}`);
  });

  it('requireSameLength names the arrays and their lengths', () => {
    expect(requireSameLength('f', { a: [1, 2], b: new Float64Array(2) })).toBe(2);
    expect(messageOf(() => requireSameLength('f', { a: [1, 2], b: [1] }))).toBe('f: a and b must have the same length, got 2 and 1');
    expect(() => requireSameLength('f', { a: [1, 2], b: [1] })).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
  });
});

describe('names that do not exist', () => {
  it('an unknown option is an error with the nearest known one', () => {
    requireKnownKeys('f', { alpha: 1 }, ['alpha', 'beta']);
    expect(messageOf(() => requireKnownKeys('f', { alhpa: 1 }, ['alpha', 'beta']))).toBe('f: unknown option "alhpa"; did you mean "alpha"?');
    expect(messageOf(() => requireKnownKeys('f', { somethingElse: 1 }, ['alpha', 'beta']))).toBe('f: unknown option "somethingElse"; known: alpha, beta');
    expect(() => requireKnownKeys('f', { x: 1 }, [])).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });

  it('options must be an object', () => {
    for (const options of [null, [], 'alpha', 3, undefined]) expect(() => requireKnownKeys('f', options as object, ['alpha'])).toThrow(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('carries the names as data and lists at most twelve', () => {
    const many = Array.from({ length: 20 }, (_, i) => `column${i}xxxxxxxxxxxxxxxxxxxx`);
    const error = unknownName('f', 'column', 'close', many);
    expect(error.details).toEqual({ name: 'close', nearest: undefined });
    expect(error.message).toMatch(/column11xxxxxxxxxxxxxxxxxxxx, \.\.\.$/);
    expect(unknownName('f', 'column', 'clsoe', ['close']).details).toEqual({ name: 'clsoe', nearest: 'close' });
  });

  it('a hostile name of a million characters makes no long message', () => {
    expect(unknownName('f', 'option', 'a'.repeat(1e6), ['alpha', 'beta']).message.length).toBeLessThan(200);
  });

  it('nearestName: an exact name in other case wins, a distant one does not', () => {
    expect(nearestName('CLOSE', ['closer', 'close'])).toBe('close');
    expect(nearestName('maxIteration', ['maxDepth', 'maxIterations'])).toBe('maxIterations');
    expect(nearestName('volume', ['open', 'high', 'low'])).toBeUndefined();
    expect(nearestName('x', [])).toBeUndefined();
  });

  it('nearestName: a long enough beginning of a name stands for it, when nothing is closer', () => {
    expect(nearestName('embargo', ['folds', 'embargoSessions'])).toBe('embargoSessions');
    expect(nearestName('emb', ['folds', 'embargoSessions'])).toBeUndefined();
  });

  it('nearestName finds the original of any single slip', () => {
    const known = ['alpha', 'gradientTolerance', 'minimumGroupRows', 'periodsPerYear'];
    fc.assert(fc.property(fc.constantFrom(...known), fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (name, at, letter) => {
      const i = at % name.length;
      for (const slip of [name.slice(0, i) + name.slice(i + 1), name.slice(0, i) + letter + name.slice(i), name.slice(0, i) + letter + name.slice(i + 1)]) {
        expect(nearestName(slip, known)).toBe(name);
      }
    }));
  });
});
