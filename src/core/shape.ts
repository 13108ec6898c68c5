/**
 * Structure of data from a file, checked without a schema library.
 *
 * Serving code must stay small: the schema library costs 27 kB where these checks cost one. Elsewhere schemas are zod's.
 */
import { show } from './assert.ts';
import { SchemaError } from './errors.ts';

/** Throws a SchemaError that names `path` unless the value has the shape. */
export type Shape = (value: unknown, path: string) => void;

/** A shape from a test and the words for what it wants. */
function shapeOf(wanted: string, test: (value: unknown) => boolean): Shape {
  return (value, path) => {
    if (!test(value)) throw new SchemaError(`${path} must be ${wanted}, got ${show(value)}`);
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** Any plain object. */
export const record: Shape = shapeOf('an object', isRecord);

/** Anything at all. */
export const anything: Shape = () => {};

/** Text of 1 to 512 characters. */
export const text: Shape = shapeOf('text of 1 to 512 characters', (value) => typeof value === 'string' && value.length > 0 && value.length <= 512);

/** An integer >= 0 that is exact as a double. */
export const count: Shape = shapeOf('an integer >= 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0);

/** Any number, NaN and infinities included. */
export const real: Shape = shapeOf('a number', (value) => typeof value === 'number');

/** A number in [min, max]. */
export function within(min: number, max: number): Shape {
  return shapeOf(`a number in [${min}, ${max}]`, (value) => typeof value === 'number' && value >= min && value <= max);
}

/** Text that matches. */
export function matching(pattern: RegExp): Shape {
  return shapeOf(`text like ${pattern.source}`, (value) => typeof value === 'string' && pattern.test(value));
}

/** One of some values. */
export function oneOf(...values: readonly unknown[]): Shape {
  return shapeOf(`one of ${values.map((v) => JSON.stringify(v)).join(', ')}`, (value) => values.includes(value));
}

/** Null or the shape. */
export function nullable(shape: Shape): Shape {
  return (value, path) => {
    if (value !== null) shape(value, path);
  };
}

/** The shape, or a key that is not there. */
export function optional(shape: Shape): Shape {
  return (value, path) => {
    if (value !== undefined) shape(value, path);
  };
}

/** An array of the shape with `min` to `max` entries. */
export function list(shape: Shape, max: number, min = 0): Shape {
  return (value, path) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) throw new SchemaError(`${path} must be an array of ${min} to ${max} entries, got ${show(value)}`);
    value.forEach((item, i) => {
      shape(item, `${path}[${i}]`);
    });
  };
}

/** A plain object with exactly these keys; `optional` ones may be missing. */
export function object(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, path) => {
    record(value, path);
    for (const key of Object.keys(value as object)) if (!Object.hasOwn(shapes, key)) throw new SchemaError(`${path} must not have the key ${show(key)}`);
    for (const key of Object.keys(shapes)) shapes[key]((value as Record<string, unknown>)[key], `${path}.${key}`);
  };
}
