import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fromPlain, toPlain } from '../../src/core/codec.ts';
import { printable, textTable } from '../../src/core/inspect.ts';

describe('printable', () => {
  const value = Object.freeze(printable({ a: 1 }, ({ a }) => `a is ${a}`));

  it('prints itself in Node', () => {
    expect(inspect(value)).toBe('a is 1');
    expect(inspect([value])).toBe('[ a is 1 ]');
  });

  it('is seen by neither keys, JSON, the plain codec nor structured clone', () => {
    expect(Object.keys(value)).toEqual(['a']);
    expect(JSON.stringify(value)).toBe('{"a":1}');
    expect(fromPlain(toPlain(value))).toStrictEqual({ a: 1 });
    expect(structuredClone(value)).toStrictEqual({ a: 1 });
    expect({ ...value }).toStrictEqual({ a: 1 });
  });
});

describe('textTable', () => {
  it('aligns numbers right and text left, four significant digits, blanks for what is absent', () => {
    const rows = [
      { name: 'ridge', ic: 0.0250123, n: 47_880 },
      { name: 'a longer name', ic: NaN, n: null },
      { name: 'x', ic: -1234.5678, extra: true },
    ];
    expect(textTable(rows)).toBe([
      'name                ic      n  extra',
      '-------------  -------  -----  -----',
      'ridge          0.02501  47880',
      'a longer name      NaN',
      'x                -1235         true',
    ].join('\n'));
  });

  it('takes other digits, and writes whole numbers out', () => {
    expect(textTable([{ x: 3.09876, y: 123456789, z: -0.5 }], 2)).toBe(['  x          y     z', '---  ---------  ----', '3.1  123456789  -0.5'].join('\n'));
  });

  it('knows the empty table and a very long one', () => {
    expect(textTable([])).toBe('\n');
    expect(textTable(Array.from({ length: 200_000 }, (_, i) => ({ i }))).split('\n')).toHaveLength(200_002);
  });
});
