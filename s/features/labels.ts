/** Builders of labels and their checks. A label is plain data; its window starts strictly after the feature time. */
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf, show, unknownName } from '../core/assert.ts';
import { DomainError, SchemaError } from '../core/errors.ts';
import { requireColumnName } from './names.ts';
import type { DirectionLabel, EntryPrice, ForwardReturnLabel, ForwardVolatilityLabel, Label, LabelInfo, QuantileBucketsLabel, ReturnKind, ReturnOffset } from './types.ts';

const MAX_HORIZON = 5000;
const MAX_BUCKETS = 100;
const RETURN_KEYS = ['sessions', 'kind', 'entry', 'minus', 'column', 'entryColumn'];
const KEYS: { readonly [F in Label['fn']]: readonly string[] } = {
  forwardReturn: RETURN_KEYS,
  direction: [...RETURN_KEYS, 'threshold'],
  quantileBuckets: [...RETURN_KEYS, 'buckets'],
  forwardVolatility: ['sessions', 'periodsPerYear', 'log', 'floor', 'column'],
};

export interface ForwardReturnOptions {
  /** Sessions ahead h, 1 to 5000. */
  readonly sessions: number;
  /** `log`: ln(exit / entry); `simple`: exit / entry - 1. @default 'log' */
  readonly kind?: ReturnKind;
  /** Enter at the close of t, or at the open of the entity's row at the next session. @default 'close' */
  readonly entry?: EntryPrice;
  /**
   * `date-mean`: minus the mean over the entities with a return at that session (at least 2).
   * `{ benchmark }`: minus the return of that price column over the same window; with a next-open entry its `entryColumn` is required.
   * @default 'none'
   */
  readonly minus?: ReturnOffset;
  /** Closing prices. @default 'close' */
  readonly column?: string;
  /** Entry prices of a next-open entry. @default 'open' */
  readonly entryColumn?: string;
}
/** The entity's return from the entry price to the close of its row at the h-th later session. */
export function forwardReturn(options: ForwardReturnOptions): ForwardReturnLabel {
  return build<ForwardReturnLabel>('forwardReturn', options);
}

export interface DirectionOptions extends ForwardReturnOptions {
  /** The label is 1 above this return and 0 otherwise. @default 0 */
  readonly threshold?: number;
}
/** 1 when the forward return exceeds the threshold, else 0. */
export function direction(options: DirectionOptions): DirectionLabel {
  return build<DirectionLabel>('direction', options);
}

export interface QuantileBucketsOptions extends ForwardReturnOptions {
  /** Number of buckets, 2 to 100. */
  readonly buckets: number;
}
/** Bucket 0 (lowest) to buckets - 1 of the forward return within its session; sizes differ by at most one when nothing ties. */
export function quantileBuckets(options: QuantileBucketsOptions): QuantileBucketsLabel {
  return build<QuantileBucketsLabel>('quantileBuckets', options);
}

export interface ForwardVolatilityOptions {
  /** Sessions ahead h, 1 to 5000. */
  readonly sessions: number;
  /** Sessions in a year, e.g. 252. */
  readonly periodsPerYear: number;
  /** The natural logarithm of the volatility instead of the volatility. @default true */
  readonly log?: boolean;
  /** Least annualised variance. @default 1e-6 */
  readonly floor?: number;
  /** Closing prices. @default 'close' */
  readonly column?: string;
}
/** Annualised realised volatility over the next h sessions, sqrt(periodsPerYear / h * sum r^2) with r the log return over one session. */
export function forwardVolatility(options: ForwardVolatilityOptions): ForwardVolatilityLabel {
  return build<ForwardVolatilityLabel>('forwardVolatility', options);
}

function build<L extends Label>(fn: L['fn'], options: object): L {
  if (options === null || typeof options !== 'object') throw new DomainError(`${fn}: options must be an object, got ${show(options)}`);
  return normaliseLabel(fn, '', { ...options, fn }) as L;
}

/**
 * The label with every default filled in, deeply frozen; for labels from JSON as much as for those from the builders.
 *
 * @param fn - function named in messages
 */
export function validateLabel(fn: string, label: unknown): Label {
  return normaliseLabel(fn, 'label.', label);
}

function normaliseLabel(fn: string, path: string, label: unknown): Label {
  if (label === null || typeof label !== 'object' || Array.isArray(label)) throw new SchemaError(`${fn}: label must be a label object, got ${show(label)}`);
  const given = Object.fromEntries(Object.entries(label).filter(([, value]) => value !== undefined)) as Readonly<Record<string, unknown>>;
  const kind = Object.hasOwn(given, 'fn') ? given['fn'] : undefined;
  if (typeof kind !== 'string') throw new SchemaError(`${fn}: ${path}fn must be the name of a label function, got ${show(kind)}`);
  if (!Object.hasOwn(KEYS, kind)) throw unknownName(fn, 'label function', kind, Object.keys(KEYS));
  const labelFn = kind as Label['fn'];
  requireKnownKeys(fn, given, ['fn', ...KEYS[labelFn]]);
  const sessions = requireInteger(fn, `${path}sessions`, given['sessions'], { min: 1, max: MAX_HORIZON });
  const column = requireColumnName(fn, `${path}column`, given['column'] ?? 'close');
  if (labelFn === 'forwardVolatility') {
    const log = given['log'] ?? true;
    if (typeof log !== 'boolean') throw new DomainError(`${fn}: ${path}log must be true or false, got ${show(log)}`);
    const periodsPerYear = requireNumber(fn, `${path}periodsPerYear`, given['periodsPerYear'], { min: Number.MIN_VALUE, max: 1e12 });
    const floor = requireNumber(fn, `${path}floor`, given['floor'] ?? 1e-6, { min: Number.MIN_VALUE, max: 1e12 });
    return Object.freeze({ fn: labelFn, sessions, periodsPerYear, log, floor, column });
  }
  const entry = requireOneOf<EntryPrice>(fn, `${path}entry`, given['entry'] ?? 'close', ['close', 'next-open']);
  if (entry === 'close' && given['entryColumn'] !== undefined) throw new DomainError(`${fn}: ${path}entryColumn must be left out unless entry is "next-open", got ${show(given['entryColumn'])}`);
  const common = {
    sessions,
    kind: requireOneOf<ReturnKind>(fn, `${path}kind`, given['kind'] ?? 'log', ['log', 'simple']),
    entry,
    minus: checkOffset(fn, `${path}minus`, given['minus'] ?? 'none', entry),
    column,
    ...(entry === 'next-open' ? { entryColumn: requireColumnName(fn, `${path}entryColumn`, given['entryColumn'] ?? 'open') } : {}),
  };
  switch (labelFn) {
    case 'forwardReturn': return Object.freeze({ fn: labelFn, ...common });
    case 'direction': return Object.freeze({ fn: labelFn, ...common, threshold: requireNumber(fn, `${path}threshold`, given['threshold'] ?? 0) });
    case 'quantileBuckets': return Object.freeze({ fn: labelFn, ...common, buckets: requireInteger(fn, `${path}buckets`, given['buckets'], { min: 2, max: MAX_BUCKETS }) });
  }
}

function checkOffset(fn: string, path: string, value: unknown, entry: EntryPrice): ReturnOffset {
  if (typeof value === 'string') return requireOneOf<'none' | 'date-mean'>(fn, path, value, ['none', 'date-mean']);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new DomainError(`${fn}: ${path} must be "none", "date-mean" or { benchmark }, got ${show(value)}`);
  requireKnownKeys(`${fn}: ${path}`, value, ['benchmark', 'entryColumn']);
  const given = value as Readonly<Record<string, unknown>>;
  const benchmark = requireColumnName(fn, `${path}.benchmark`, given['benchmark']);
  const own = given['entryColumn'];
  // Both legs must cover the same window: a close-to-close benchmark would add its overnight move to an open-to-close return.
  if (entry === 'next-open') return Object.freeze({ benchmark, entryColumn: requireColumnName(fn, `${path}.entryColumn (the benchmark's open, for a next-open entry)`, own) });
  if (own !== undefined) throw new DomainError(`${fn}: ${path}.entryColumn must be left out unless entry is "next-open", got ${show(own)}`);
  return Object.freeze({ benchmark });
}

/** What kind of target a label is. */
export function labelInfo(label: Label): LabelInfo {
  const valid = validateLabel('labelInfo', label);
  const horizon = valid.sessions;
  switch (valid.fn) {
    case 'forwardReturn': return Object.freeze({ horizon, signed: true, task: 'regression', scale: valid.kind === 'log' ? 'log-return' : 'simple-return', classes: 0 });
    case 'direction': return Object.freeze({ horizon, signed: true, task: 'binary', scale: 'class', classes: 2 });
    case 'quantileBuckets': return Object.freeze({ horizon, signed: false, task: 'multiclass', scale: 'class', classes: valid.buckets });
    case 'forwardVolatility': return Object.freeze({ horizon, signed: false, task: 'regression', scale: valid.log ? 'log-volatility' : 'volatility', classes: 0 });
  }
}

/** Panel columns a label reads, ascending. */
export function labelColumns(label: Label): readonly string[] {
  const valid = validateLabel('labelColumns', label);
  const names = [valid.column];
  if (valid.fn !== 'forwardVolatility') {
    if (valid.entryColumn !== undefined) names.push(valid.entryColumn);
    if (typeof valid.minus === 'object') {
      names.push(valid.minus.benchmark);
      if (valid.minus.entryColumn !== undefined) names.push(valid.minus.entryColumn);
    }
  }
  return Object.freeze([...new Set(names)].sort());
}
