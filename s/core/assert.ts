/** Checks of arguments. Each message reads: function, argument, rule, value. */
import { DomainError, QuantwrightError, ShapeError } from './errors.ts';

/** A short printable form of any value for a message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object') {
    const name: unknown = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor?.name ?? 'Object';
    return name === 'Object' ? `{ ${Object.keys(value).slice(0, 6).join(', ')} }` : String(name);
  }
  return String(value);
}

export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** The bounds themselves are excluded. @default false */
  readonly open?: boolean;
}

function rangeText(range: Range): string {
  const { min = -Infinity, max = Infinity, open = false } = range;
  if (min === -Infinity && max === Infinity) return '';
  if (max === Infinity) return open ? ` > ${min}` : ` >= ${min}`;
  if (min === -Infinity) return open ? ` < ${max}` : ` <= ${max}`;
  return open ? ` in (${min}, ${max})` : ` in [${min}, ${max}]`;
}

/** Returns `value` when it is a finite number inside `range`. */
export function requireNumber(fn: string, name: string, value: unknown, range: Range = {}): number {
  const { min = -Infinity, max = Infinity, open = false } = range;
  const ok = typeof value === 'number' && Number.isFinite(value) && (open ? value > min && value < max : value >= min && value <= max);
  if (!ok) throw new DomainError(`${fn}: ${name} must be a finite number${rangeText(range)}, got ${show(value)}`);
  return value;
}

/** Returns `value` when it is an integer inside `range`. */
export function requireInteger(fn: string, name: string, value: unknown, range: Range = {}): number {
  const { min = -Infinity, max = Infinity } = range;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new DomainError(`${fn}: ${name} must be an integer${rangeText(range)}, got ${show(value)}`);
  }
  return value;
}

/** Returns `value` when it is one of `allowed`. */
export function requireOneOf<T extends string>(fn: string, name: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw new DomainError(`${fn}: ${name} must be one of ${allowed.map((a) => JSON.stringify(a)).join(', ')}, got ${show(value)}`);
  return value as T;
}

/** Returns `value` when it is a non-empty string. */
export function requireText(fn: string, name: string, value: unknown): string {
  if (typeof value !== 'string' || value.length === 0) throw new DomainError(`${fn}: ${name} must be a non-empty string, got ${show(value)}`);
  return value;
}

/** Throws unless all arrays have the same length. */
export function requireSameLength(fn: string, arrays: Readonly<Record<string, ArrayLike<unknown>>>): number {
  const entries = Object.entries(arrays);
  const length = entries[0]?.[1].length ?? 0;
  if (entries.some(([, a]) => a.length !== length)) {
    throw new ShapeError(`${fn}: ${entries.map(([n]) => n).join(' and ')} must have the same length, got ${entries.map(([, a]) => a.length).join(' and ')}`);
  }
  return length;
}

/** Throws when `options` is not a plain object or has a key that is not in `known`, naming the nearest known key. */
export function requireKnownKeys(fn: string, options: object, known: readonly string[]): void {
  if (options === null || typeof options !== 'object' || Array.isArray(options)) throw new DomainError(`${fn}: options must be an object, got ${show(options)}`);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw unknownName(fn, 'option', key, known);
  }
}

/** The error for a name that does not exist, with the nearest existing one. */
export function unknownName(fn: string, what: string, name: string, known: readonly string[]): QuantwrightError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? (known.length > 0 ? `; known: ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', ...' : ''}` : '') : `; did you mean ${JSON.stringify(nearest)}?`;
  return new QuantwrightError('ERR_UNKNOWN_NAME', `${fn}: unknown ${what} ${show(name)}${hint}`, { details: { name, nearest } });
}

/** The known name at the smallest edit distance, when it is close enough to be a slip; else the one the name begins, as `embargo` begins `embargoSessions`. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue; // no closer than the difference of lengths
    const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? (name.length >= 4 ? known.find((candidate) => candidate.toLowerCase().startsWith(name.toLowerCase())) : undefined);
}

// Levenshtein distance, one row at a time.
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(row[j - 1] + 1, previous[j] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    previous = row;
  }
  return previous[b.length];
}
