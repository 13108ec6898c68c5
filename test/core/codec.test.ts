import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, fromPlain, toPlain } from '../../src/core/codec.ts';
import type { Plain } from '../../src/core/codec.ts';

const throughText = (value: unknown): unknown => fromPlain(JSON.parse(JSON.stringify(toPlain(value))) as Plain);
const refused = (run: () => unknown, message?: RegExp): void => {
  expect(run).toThrow(expect.objectContaining({ code: 'ERR_SCHEMA', ...(message && { message: expect.stringMatching(message) as string }) }));
};

const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];
const typedArray = fc.oneof(
  fc.float64Array(), fc.float32Array(), fc.int32Array(), fc.uint32Array(), fc.int16Array(), fc.uint16Array(), fc.int8Array(), fc.uint8Array(),
);
const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.string({ unit: 'binary' }), fc.integer(), fc.double(), fc.constantFrom(NaN, -0, Infinity, -Infinity, 5e-324, 2 ** 53), typedArray);
const key = fc.oneof(fc.string(), fc.constantFrom('$', 'value', 'base64', 'entries', '0', '10')).filter((k) => !FORBIDDEN.includes(k));
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, fc.array(tie('tree'), { maxLength: 4 }), fc.dictionary(key, tie('tree'), { maxKeys: 5, noNullPrototype: true })),
}));

describe('toPlain and fromPlain', () => {
  it('bring any nested data back to the bit, through JSON text', () => {
    fc.assert(fc.property(tree, (value) => {
      expect(throughText(value)).toStrictEqual(value);
    }), { numRuns: 500 });
  });

  it('leave plain JSON as it is', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      if (/"(\$|__proto__|constructor|prototype)"/.test(text)) return;
      expect(toPlain(JSON.parse(text))).toEqual(JSON.parse(text)); // parsed: text has no -0
    }));
  });

  it('tag what JSON cannot hold, as written here by hand', () => {
    expect(toPlain([NaN, Infinity, -Infinity, -0, 0])).toEqual([
      { $: 'number', value: 'NaN' }, { $: 'number', value: 'Infinity' }, { $: 'number', value: '-Infinity' }, { $: 'number', value: '-0' }, 0,
    ]);
    expect(toPlain(Float64Array.of(1))).toEqual({ $: 'f64', base64: 'AAAAAAAA8D8=' });
    expect(toPlain(Uint8Array.of(1, 2, 3))).toEqual({ $: 'u8', base64: 'AQID' });
    expect(toPlain({ $: 1, a: NaN })).toEqual({ $: 'object', entries: [['$', 1], ['a', { $: 'number', value: 'NaN' }]] });
  });

  it('keep the payload bits of a NaN inside an array, and only the window of a view', () => {
    const bits = BigUint64Array.of(0x7ff8000000000abcn, 0x8000000000000000n);
    const back = throughText(new Float64Array(bits.buffer)) as Float64Array;
    expect(new BigUint64Array(back.buffer)).toEqual(bits);
    expect(throughText(new Float64Array([9, 1, 2, 9]).subarray(1, 3))).toStrictEqual(Float64Array.of(1, 2));
    expect(throughText(new Uint8Array(new SharedArrayBuffer(4)).fill(7))).toStrictEqual(Uint8Array.of(7, 7, 7, 7));
  });

  it('leave out undefined keys and read undefined items as null, as JSON does', () => {
    expect(toPlain({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(toPlain([undefined, 1])).toEqual([null, 1]);
    expect(throughText({ $: undefined, a: 1 })).toEqual({ a: 1 });
  });

  it('read frozen objects and objects without a prototype', () => {
    expect(throughText(Object.freeze({ a: Object.freeze([1]) }))).toEqual({ a: [1] });
    expect(throughText(Object.assign(Object.create(null) as object, { a: 1 }))).toStrictEqual({ a: 1 });
  });
});

describe('what toPlain refuses', () => {
  it.each([
    ['a function', () => 1],
    ['a method', { a: { toJSON: () => 1 } }],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['undefined', undefined],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Set', [new Set()]],
    ['a RegExp', /x/],
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a DataView', new DataView(new ArrayBuffer(8))],
    ['a BigInt64Array', new BigInt64Array(1)],
    ['a class instance', new (class Point { x = 1; })()],
    ['an object with a made-up prototype', Object.create({ x: 1 }) as object],
  ])('%s', (_name, value) => {
    refused(() => toPlain(value), /plain data or a typed array/);
  });

  it('cycles and nesting beyond 200', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    refused(() => toPlain(cycle), /nested at most 200/);
    const list: unknown[] = [];
    list.push(list, list);
    refused(() => toPlain(list));
    const nest = (depth: number): unknown => Array.from({ length: depth }).reduce((inner) => [inner], 1 as unknown);
    expect(throughText(nest(200))).toEqual(nest(200));
    refused(() => toPlain(nest(201)));
  });

  it('keys that reach a prototype', () => {
    for (const name of FORBIDDEN) refused(() => toPlain(JSON.parse(`{"${name}": 1}`)), /not allowed/);
  });
});

describe('what fromPlain refuses', () => {
  it.each([
    '{"__proto__": {"polluted": true}}',
    '{"a": {"constructor": 1}}',
    '[{"prototype": 1}]',
    '{"$": "object", "entries": [["__proto__", {"polluted": true}]]}',
  ])('a key that reaches a prototype: %s', (text) => {
    refused(() => fromPlain(JSON.parse(text) as Plain), /not allowed/);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    '{"$": "f65", "base64": ""}',
    '{"$": "toString", "base64": ""}',
    '{"$": "f64"}',
    '{"$": "f64", "base64": 3}',
    '{"$": "f64", "base64": "AAAA"}',
    '{"$": "f64", "base64": "????????"}',
    '{"$": "number", "value": "1"}',
    '{"$": "number", "value": "process.exit()"}',
    '{"$": "number"}',
    '{"$": "object"}',
    '{"$": "object", "entries": [["a"]]}',
    '{"$": "object", "entries": [[1, 2]]}',
    '{"$": "object", "entries": ["ab"]}',
    '{"$": 1}',
    '{"$": null}',
  ])('a wrong tag: %s', (text) => {
    refused(() => fromPlain(JSON.parse(text) as Plain));
  });

  it('nesting that would exhaust the stack', () => {
    for (const [open, close] of [['[', ']'], ['{"a":', '}'], ['{"$":"object","entries":[["a",', ']]}']]) {
      refused(() => fromPlain(JSON.parse(`${open.repeat(5000)}1${close.repeat(5000)}`) as Plain), /nested at most 200/);
    }
  });
});

describe('canonicalJson', () => {
  it('does not depend on the order in which keys were written', () => {
    fc.assert(fc.property(fc.dictionary(key, tree), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(reversed)).toBe(canonicalJson(value));
    }));
    expect(canonicalJson({ b: { y: 1, x: [2] }, a: null, 10: 1, 9: 1 })).toBe('{"10":1,"9":1,"a":null,"b":{"x":[2],"y":1}}');
  });

  it('does not depend on the order of keys of an object with a $ key either', () => {
    expect(canonicalJson({ b: 1, $: 2, a: 3 })).toBe(canonicalJson({ a: 3, $: 2, b: 1 }));
  });

  it('is JSON of the plain form', () => {
    fc.assert(fc.property(tree, (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(toPlain(value))));
    }));
  });

  it('differs for different data', () => {
    const texts = [0, -0, NaN, null, '', '0', [], {}, [[]], { a: 1 }, { a: '1' }, new Float64Array(1), new Float32Array(2), new Uint8Array(8)].map(canonicalJson);
    expect(new Set(texts).size).toBe(texts.length);
  });
});
