/**
 * The plain codec: one way for state to become JSON and come back to the bit.
 *
 * Tagged: typed arrays (base64 of their little-endian bytes), NaN, infinities, -0, and plain objects that have a `$` key of their own.
 * "Is JSON" in this package always means through `toPlain` and `fromPlain`.
 */
import { show } from './assert.ts';
import { base64ToBytes, bytesToBase64 } from './base64.ts';
import { SchemaError } from './errors.ts';

/** What JSON can hold. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

const TYPED_ARRAYS = { f64: Float64Array, f32: Float32Array, i32: Int32Array, u32: Uint32Array, i16: Int16Array, u16: Uint16Array, i8: Int8Array, u8: Uint8Array } as const;
type TypedArrayTag = keyof typeof TYPED_ARRAYS;

const MAX_DEPTH = 200;

/**
 * The JSON form of a value made of plain objects, arrays, strings, booleans, numbers, null and typed arrays.
 * Keys whose value is undefined are left out.
 *
 * @throws SchemaError for functions, symbols, bigint, class instances and cycles
 */
export function toPlain(value: unknown): Plain {
  return encode(value, 0);
}

function encode(value: unknown, depth: number): Plain {
  if (depth > MAX_DEPTH) throw new SchemaError(`toPlain: value must be nested at most ${MAX_DEPTH} deep (or has a cycle)`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    return { $: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (Array.isArray(value)) return Array.from(value, (item) => (item === undefined ? null : encode(item, depth + 1)));
  if (typeof value === 'object') {
    for (const tag of Object.keys(TYPED_ARRAYS) as TypedArrayTag[]) {
      if (value instanceof TYPED_ARRAYS[tag]) return { $: tag, base64: bytesToBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    }
    const prototype = Object.getPrototypeOf(value) as unknown;
    if (prototype === Object.prototype || prototype === null) {
      const entries = Object.entries(value).filter(([, v]) => v !== undefined);
      const plain = Object.fromEntries(entries.map(([k, v]) => [safeKey('toPlain', k), encode(v, depth + 1)]));
      // In key order, so that equal objects have one canonical text.
      return '$' in value ? { $: 'object', entries: Object.entries(plain).sort(([a], [b]) => (a < b ? -1 : 1)) } : plain;
    }
  }
  throw new SchemaError(`toPlain: value must be plain data or a typed array, got ${show(value)}`);
}

/**
 * The value behind its JSON form. Never runs code, never makes a prototype or an accessor.
 *
 * @throws SchemaError for a wrong tag or nesting deeper than 200
 */
export function fromPlain(plain: Plain): unknown {
  return decode(plain, 0);
}

function decode(plain: Plain, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new SchemaError(`fromPlain: value must be nested at most ${MAX_DEPTH} deep`);
  if (plain === null || typeof plain !== 'object') return plain;
  if (Array.isArray(plain)) return plain.map((item) => decode(item as Plain, depth + 1));
  const record = plain as { readonly [key: string]: Plain };
  if (!Object.hasOwn(record, '$')) return Object.fromEntries(Object.entries(record).map(([k, v]) => [safeKey('fromPlain', k), decode(v, depth + 1)]));
  const tag = record['$'];
  if (tag === 'number') {
    const text = record['value'];
    if (text === 'NaN' || text === 'Infinity' || text === '-Infinity' || text === '-0') return Number(text);
  } else if (tag === 'object' && Array.isArray(record['entries'])) {
    return Object.fromEntries((record['entries'] as Plain[]).map((entry) => {
      if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== 'string') throw new SchemaError('fromPlain: entries of a tagged object must be [key, value] pairs');
      return [safeKey('fromPlain', entry[0]), decode(entry[1] as Plain, depth + 1)];
    }));
  } else if (typeof tag === 'string' && Object.hasOwn(TYPED_ARRAYS, tag) && typeof record['base64'] === 'string') {
    const ArrayType = TYPED_ARRAYS[tag as TypedArrayTag];
    const bytes = base64ToBytes(record['base64']);
    if (bytes.length % ArrayType.BYTES_PER_ELEMENT !== 0) throw new SchemaError(`fromPlain: ${tag} needs a multiple of ${ArrayType.BYTES_PER_ELEMENT} bytes, got ${bytes.length}`);
    return new ArrayType(bytes.buffer as ArrayBuffer, 0, bytes.length / ArrayType.BYTES_PER_ELEMENT);
  }
  throw new SchemaError(`fromPlain: unknown tag ${show(tag)}`);
}

// A key that could reach a prototype when the object is copied by assignment elsewhere.
function safeKey(fn: string, key: string): string {
  if (key === '__proto__' || key === 'constructor' || key === 'prototype') throw new SchemaError(`${fn}: key ${JSON.stringify(key)} is not allowed`);
  return key;
}

/** JSON text with sorted keys and no spaces: the same data gives the same text. Goes through {@link toPlain}. */
export function canonicalJson(value: unknown): string {
  return stringify(toPlain(value));
}

function stringify(plain: Plain): string {
  if (plain === null || typeof plain !== 'object') return JSON.stringify(plain);
  if (Array.isArray(plain)) return `[${plain.map((item) => stringify(item as Plain)).join(',')}]`;
  const record = plain as { readonly [key: string]: Plain };
  const keys = Object.keys(record).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${stringify(record[key] as Plain)}`).join(',')}}`;
}
