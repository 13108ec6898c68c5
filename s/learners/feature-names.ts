/** Names of features as they come from a file. */
import { show } from '../core/assert.ts';
import { SchemaError } from '../core/errors.ts';

/** The names when they are unique, plain and not too many. @throws SchemaError */
export function checkFeatureNames(fn: string, names: unknown): readonly string[] {
  if (!Array.isArray(names) || names.length === 0 || names.length > 100_000) throw new SchemaError(`${fn}: featureNames must be an array of 1 to 100000 names, got ${show(names)}`);
  for (const name of names) {
    if (typeof name !== 'string' || name.length === 0 || name.length > 256 || name === '__proto__' || name === 'constructor' || name === 'prototype') throw new SchemaError(`${fn}: feature names must be plain text of at most 256 characters, got ${show(name)}`);
  }
  if (new Set(names).size !== names.length) throw new SchemaError(`${fn}: featureNames must be unique`);
  return Object.freeze([...(names as string[])]);
}
