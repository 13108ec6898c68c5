import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/core/codec.ts';
import { column, type Feature, lag, logReturn, momentum, rankByDate, ratio, realizedVol, validateFeatures, zScoreByDate } from '../../src/features/index.ts';

const check = (features: unknown): unknown => validateFeatures('defineRecipe', features);
const code = (expected: string): object => expect.objectContaining({ code: expected });

describe('builders make frozen plain data', () => {
  it('with every default filled in', () => {
    expect(logReturn(5)).toEqual({ fn: 'logReturn', sessions: 5, column: 'close' });
    expect(momentum(126, { skip: 21 })).toEqual({ fn: 'momentum', sessions: 126, skip: 21, column: 'close' });
    expect(column('beta', { causality: 'end-of-day' })).toEqual({ fn: 'column', name: 'beta', causality: 'end-of-day', availabilityLagSessions: 0, parents: [] });
    expect(rankByDate(logReturn(5))).toEqual({ fn: 'rankByDate', feature: logReturn(5) });
    expect(Object.isFrozen(rankByDate(logReturn(5)).feature)).toBe(true);
    expect(Object.isFrozen(column('x', { causality: 'causal', parents: ['close'] }).parents)).toBe(true);
  });
  it('that JSON leaves unchanged', () => {
    const features = { a: rankByDate(ratio(realizedVol(10), realizedVol(63)), { within: column('sector', { causality: 'causal' }) }), b: zScoreByDate(lag(logReturn(1), 3), { clip: 3 }) };
    expect(check(JSON.parse(JSON.stringify(features)))).toEqual(features);
  });
  it('and a recipe that leaves defaults out is the same data', () => {
    expect(canonicalJson(check({ a: { fn: 'logReturn', sessions: 5 } }))).toBe(canonicalJson({ a: logReturn(5) }));
  });
  it('of an unknown spec cannot be a column', () => {
    expect(() => column('x', undefined as never)).toThrow();
    expect(() => column('x', {} as never)).toThrow(code('ERR_DOMAIN'));
    expect(() => column('x', { causality: 'sometimes' as never })).toThrow(code('ERR_DOMAIN'));
  });
  it('name function, argument, rule and value', () => {
    expect(() => logReturn(0)).toThrow('logReturn: sessions must be an integer in [1, 5000], got 0');
    expect(() => momentum(21, { skip: 21 })).toThrow('momentum: skip must be less than sessions (21), got 21');
    expect(() => logReturn(5, { colum: 'close' } as never)).toThrow('did you mean "column"?');
  });
});

describe('a hostile recipe is refused', () => {
  it.each([
    ['an unknown function', { a: { fn: 'eval', code: '1' } }, 'ERR_UNKNOWN_NAME'],
    ['an inherited function name', { a: { fn: 'constructor' } }, 'ERR_UNKNOWN_NAME'],
    ['no function', { a: {} }, 'ERR_SCHEMA'],
    ['text instead of a feature', { a: 'close' }, 'ERR_SCHEMA'],
    ['an array', [logReturn(5)], 'ERR_SCHEMA'],
    ['null', null, 'ERR_SCHEMA'],
    ['an unknown key', { a: { fn: 'logReturn', sessions: 5, skip: 1 } }, 'ERR_UNKNOWN_NAME'],
    ['a fractional window', { a: { fn: 'logReturn', sessions: 1.5 } }, 'ERR_DOMAIN'],
    ['a window as text', { a: { fn: 'logReturn', sessions: '5' } }, 'ERR_DOMAIN'],
    ['an endless window', { a: { fn: 'logReturn', sessions: 5001 } }, 'ERR_DOMAIN'],
    ['a window too short for its statistic', { a: { fn: 'realizedVol', sessions: 1 } }, 'ERR_DOMAIN'],
    ['a computed column', { a: { fn: 'logReturn', sessions: 5, column: logReturn(1) } }, 'ERR_DOMAIN'],
    ['a prototype as column', { a: { fn: 'logReturn', sessions: 5, column: '__proto__' } }, 'ERR_DOMAIN'],
    ['parents that are no names', { a: { fn: 'column', name: 'x', causality: 'causal', parents: [{}] } }, 'ERR_DOMAIN'],
    ['a negative availability lag', { a: { fn: 'column', name: 'x', causality: 'causal', availabilityLagSessions: -1 } }, 'ERR_DOMAIN'],
    ['an empty name', { '': logReturn(5) }, 'ERR_DOMAIN'],
    ['a name with a space', { 'a b': logReturn(5) }, 'ERR_DOMAIN'],
    ['a name of 97 characters', { ['a'.repeat(97)]: logReturn(5) }, 'ERR_DOMAIN'],
    ['constructor as a name', { constructor: logReturn(5) }, 'ERR_DOMAIN'],
    ['__proto__ as a name', JSON.parse('{"__proto__":{"fn":"logReturn","sessions":5}}'), 'ERR_DOMAIN'],
    ['one column declared in two ways', { a: column('x', { causality: 'causal' }), b: lag(column('x', { causality: 'research-only' }), 1) }, 'ERR_DUPLICATE'],
  ])('%s', (_, features, expected) => {
    expect(() => check(features)).toThrow(code(expected));
  });
  it('nesting deeper than 8, a cycle included', () => {
    let feature: Feature = logReturn(1);
    for (let depth = 2; depth <= 8; depth++) feature = { fn: 'lag', feature, sessions: 1 };
    expect(() => check({ a: feature })).not.toThrow();
    expect(() => check({ a: { fn: 'lag', feature, sessions: 1 } })).toThrow(code('ERR_SCHEMA'));
    const cycle: Record<string, unknown> = { fn: 'lag', sessions: 1 };
    cycle['feature'] = cycle;
    expect(() => check({ a: cycle })).toThrow(code('ERR_SCHEMA'));
  });
  it('more than 2000 features or 20000 calls', () => {
    const many = (count: number, feature: Feature): object => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, feature]));
    expect(() => check(many(2000, logReturn(1)))).not.toThrow();
    expect(() => check(many(2001, logReturn(1)))).toThrow(code('ERR_LIMIT'));
    let wide: Feature = logReturn(1);
    for (let depth = 2; depth <= 7; depth++) wide = { fn: 'product', left: wide, right: wide };
    expect(() => check(many(200, wide))).toThrow(code('ERR_LIMIT'));
  });
});
