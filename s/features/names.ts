/** Names that come from recipes, which may be hostile JSON. */
import { show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';

const FEATURE_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,95}$/;
// Names through which an assignment elsewhere could reach a prototype.
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** Returns `name` when it can name a feature: a letter or underscore, then letters, digits, `_`, `.` or `-`, at most 96. */
export function requireFeatureName(fn: string, name: string): string {
  if (!FEATURE_NAME.test(name) || FORBIDDEN.has(name)) {
    throw new DomainError(`${fn}: a feature name must be a letter or underscore followed by at most 95 letters, digits, "_", "." or "-", got ${show(name)}`);
  }
  return name;
}

/** Returns `value` when it can name a panel column: a string of 1 to 128 characters that no prototype answers to. */
export function requireColumnName(fn: string, path: string, value: unknown): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 128 || FORBIDDEN.has(value)) {
    throw new DomainError(`${fn}: ${path} must be a column name of 1 to 128 characters, got ${show(value)}`);
  }
  return value;
}
