/** Names of models and versions: parsed once against a closed grammar, and only the parsed parts are used. */
import { requireInteger, requireText, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { isKeySegment } from '../storage/keys.ts';

/** What versions are counted under. Newest is per family and horizon, never across. */
export interface ModelKey {
  readonly family: string;
  /** Sessions ahead. */
  readonly horizon: number;
}

export interface VersionKey extends ModelKey {
  /** 1 for the first publish of this family and horizon. */
  readonly version: number;
}

const MAX_HORIZON = 99_999;
const MAX_VERSION = 999_999_999;
const FAMILY = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const MODEL_NAME = /^([a-z0-9][a-z0-9_-]{0,63})\.h([1-9][0-9]{0,4})$/;
const VERSION_ID = /^(.+)\.v([1-9][0-9]{0,8})$/;

export function checkFamily(fn: string, family: unknown): string {
  const text = requireText(fn, 'family', family);
  // The second test catches reserved Windows names: a family called con could not be a folder.
  if (!FAMILY.test(text) || !isKeySegment(`${text}.h1`)) throw new DomainError(`${fn}: family must be [a-z0-9][a-z0-9_-]{0,63} and no Windows device name, got ${show(text)}`);
  return text;
}

export function checkHorizon(fn: string, horizon: unknown): number {
  return requireInteger(fn, 'horizon', horizon, { min: 1, max: MAX_HORIZON });
}

export function checkVersion(fn: string, version: unknown): number {
  return requireInteger(fn, 'version', version, { min: 1, max: MAX_VERSION });
}

export function checkModelKey(fn: string, { family, horizon }: ModelKey): ModelKey {
  return { family: checkFamily(fn, family), horizon: checkHorizon(fn, horizon) };
}

/** `us-equity-return.h5`. A family has no dot, so the text has one reading. */
export function modelName({ family, horizon }: ModelKey): string {
  return `${family}.h${horizon}`;
}

/** The parts of a model's name, or undefined when it is none. */
export function parseModelName(name: string): ModelKey | undefined {
  const match = MODEL_NAME.exec(name);
  return match !== null && isKeySegment(name) ? { family: match[1], horizon: Number(match[2]) } : undefined;
}

/** `us-equity-return.h5.v12`. */
export function versionId(key: VersionKey): string {
  return `${modelName(key)}.v${key.version}`;
}

/** @throws DomainError for a text that is no version id; nothing is trimmed, folded or decoded */
export function parseVersionId(fn: string, id: unknown): VersionKey {
  const match = typeof id === 'string' ? VERSION_ID.exec(id) : null;
  const key = match === null ? undefined : parseModelName(match[1]);
  if (match === null || key === undefined) throw new DomainError(`${fn}: id must read family.h<horizon>.v<version>, got ${show(id)}`);
  return { ...key, version: Number(match[2]) };
}
