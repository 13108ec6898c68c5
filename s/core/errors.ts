/**
 * The one error family.
 *
 * A caller's mistake throws; callers branch on `code`, never on the message and never on `instanceof` alone
 * (two installed copies, or the CommonJS fallback, have two classes).
 */

/** Stable machine-readable codes of every error this package throws. */
export type ErrorCode =
  | 'ERR_SHAPE' // lengths or dimensions disagree
  | 'ERR_DOMAIN' // a value outside its allowed range or set
  | 'ERR_UNKNOWN_NAME' // a column, option, entity or key that does not exist
  | 'ERR_DUPLICATE' // a key that must be unique is not
  | 'ERR_SCHEMA' // data of a wrong structure: files, manifests, plain state
  | 'ERR_CONTRACT' // a panel that lacks what a model needs
  | 'ERR_CONVERGENCE'
  | 'ERR_MISSING_PEER' // an optional package is not installed
  | 'ERR_LIMIT' // a size limit, checked before memory is taken
  | 'ERR_INTEGRITY' // bytes that do not match their digest
  | 'ERR_NOT_FOUND'
  | 'ERR_AMBIGUOUS' // a key that fits several things; details.candidates lists them
  | 'ERR_PRECONDITION' // a conditional write whose condition is false: definitely not applied
  | 'ERR_TRANSIENT' // definitely not applied, may be tried again
  | 'ERR_UNKNOWN_OUTCOME' // may have been applied; resolve by nonce
  | 'ERR_UNSUPPORTED'
  | 'ERR_INVALID_KEY'
  | 'ERR_TOO_LARGE'
  | 'ERR_LAYOUT_NEWER' // written by a newer version than this one can read
  | 'ERR_CLOSED'
  | 'ERR_STORE';

/** What is known about a write that failed. */
export type WriteOutcome = 'not-applied' | 'applied' | 'unknown';

export interface QuantwrightErrorOptions {
  readonly cause?: unknown;
  /** Plain data for programs: the offending names, rows, candidates. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Base of every error thrown on purpose. The message reads: function, argument, rule, value. */
export class QuantwrightError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(code: ErrorCode, message: string, options: QuantwrightErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'QuantwrightError';
    this.code = code;
    this.details = Object.freeze({ ...options.details });
  }
}

/** Lengths or dimensions that disagree. */
export class ShapeError extends QuantwrightError {
  constructor(message: string, options: QuantwrightErrorOptions = {}) {
    super('ERR_SHAPE', message, options);
    this.name = 'ShapeError';
  }
}

/** A value outside its range. */
export class DomainError extends QuantwrightError {
  constructor(message: string, options: QuantwrightErrorOptions = {}) {
    super('ERR_DOMAIN', message, options);
    this.name = 'DomainError';
  }
}

/** Data of a wrong structure. */
export class SchemaError extends QuantwrightError {
  constructor(message: string, options: QuantwrightErrorOptions = {}) {
    super('ERR_SCHEMA', message, options);
    this.name = 'SchemaError';
  }
}

/** An optional package that is not installed; the message says what to install and what to pass instead. */
export class MissingPeerError extends QuantwrightError {
  constructor(message: string, options: QuantwrightErrorOptions = {}) {
    super('ERR_MISSING_PEER', message, options);
    this.name = 'MissingPeerError';
  }
}

/** A failed operation on a store. `outcome` says whether the write may have happened. */
export class StoreError extends QuantwrightError {
  readonly outcome: WriteOutcome;
  readonly retryable: boolean;
  constructor(code: ErrorCode, message: string, options: QuantwrightErrorOptions & { readonly outcome?: WriteOutcome } = {}) {
    super(code, message, options);
    this.name = 'StoreError';
    this.outcome = options.outcome ?? (code === 'ERR_UNKNOWN_OUTCOME' ? 'unknown' : 'not-applied');
    this.retryable = code === 'ERR_TRANSIENT';
  }
}

/**
 * True for an error of this package, whichever copy of it threw.
 *
 * @param code - when given, the error must also carry this code
 */
export function isQuantwrightError(error: unknown, code?: ErrorCode): error is QuantwrightError {
  if (!(error instanceof Error)) return false;
  const own = (error as { code?: unknown }).code;
  if (typeof own !== 'string' || !('details' in error)) return false;
  return own.startsWith('ERR_') && (code === undefined || own === code);
}
