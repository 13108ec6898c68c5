/** Which version is meant: exactly one way of saying it, and never a different version than asked for. */
import { requireKnownKeys, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { checkFamily, checkHorizon, checkVersion, parseVersionId } from './ids.ts';

/**
 * By id, by version number, or the newest. Without a horizon the family must have one horizon only, else the call is refused as ambiguous.
 */
export type VersionSelector =
  | { readonly id: string }
  | { readonly family: string; readonly horizon?: number; readonly version: number }
  | { readonly family: string; readonly horizon?: number; readonly newest: true };

export interface ParsedSelector {
  readonly family: string;
  readonly horizon: number | undefined;
  readonly version: number | 'newest';
}

const WAYS = '{ id }, { family, horizon, version } or { family, horizon, newest: true }';

export function parseSelector(fn: string, selector: VersionSelector): ParsedSelector {
  requireKnownKeys(fn, selector, ['id', 'family', 'horizon', 'version', 'newest']);
  const given = selector as Readonly<Record<string, unknown>>;
  const ways = ['id', 'version', 'newest'].filter((way) => given[way] !== undefined);
  if (ways.length !== 1) throw new DomainError(`${fn}: selector must be exactly one of ${WAYS}, got ${show(selector)}`);
  if (ways[0] === 'id') {
    if (given.family !== undefined || given.horizon !== undefined) throw new DomainError(`${fn}: selector must not give family or horizon beside id, which holds both, got ${show(selector)}`);
    return parseVersionId(fn, given.id);
  }
  const family = checkFamily(fn, given.family);
  const horizon = given.horizon === undefined ? undefined : checkHorizon(fn, given.horizon);
  if (ways[0] === 'version') return { family, horizon, version: checkVersion(fn, given.version) };
  if (given.newest !== true) throw new DomainError(`${fn}: newest must be true, got ${show(given.newest)}`);
  return { family, horizon, version: 'newest' };
}
