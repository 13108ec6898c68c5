/**
 * The grammar of keys: the same text names the same object on every store, file system and region.
 *
 * Lower case only (some file systems fold case), no dot segments, no reserved Windows names, ASCII only (no two spellings of one letter).
 * A key outside the grammar is refused, never rewritten: rewriting makes two keys one.
 */
import { show } from '../core/assert.ts';
import { StoreError } from '../core/errors.ts';

const SEGMENT = /^[a-z0-9][a-z0-9._-]{0,95}$/;
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;
const MAX_KEY_BYTES = 512;

const RULE = `one or more segments of [a-z0-9][a-z0-9._-]{0,95} joined by "/", at most ${MAX_KEY_BYTES} bytes, without "..", a trailing "." or a Windows device name`;

/** True for one segment of a key: a file or folder name that every store can hold. */
export function isKeySegment(segment: string): boolean {
  return SEGMENT.test(segment) && !segment.includes('..') && !segment.endsWith('.') && !WINDOWS_DEVICE.test(segment);
}

/**
 * Returns `key` when it follows the grammar.
 *
 * No key may be a folder of another (`a` and `a/b`): a store over files cannot hold both.
 *
 * @throws StoreError `ERR_INVALID_KEY`
 * @example checkKey('put', 'm/us-equity.h5/log/000000000001.json')
 */
export function checkKey(fn: string, key: unknown): string {
  if (typeof key !== 'string' || key.length > MAX_KEY_BYTES || !key.split('/').every(isKeySegment)) {
    throw new StoreError('ERR_INVALID_KEY', `${fn}: key must be ${RULE}, got ${show(key)}`);
  }
  return key;
}

/** Returns `prefix` when it is `''` or a key followed by `/`: `foo` never matches `foobar`. */
export function checkPrefix(fn: string, prefix: unknown): string {
  if (prefix === '') return '';
  if (typeof prefix !== 'string' || !prefix.endsWith('/')) throw new StoreError('ERR_INVALID_KEY', `${fn}: prefix must be "" or end with "/", got ${show(prefix)}`);
  checkKey(fn, prefix.slice(0, -1));
  return prefix;
}
