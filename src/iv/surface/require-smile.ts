/** Checks of smiles: those a caller passes, and plain data from anyone's file. */
import { requireNumber, requireOneOf, show } from '../../core/assert.ts';
import { DomainError, SchemaError, isQuantwrightError } from '../../core/errors.ts';
import { requirePriceSpline } from '../non-parametric/price-spline.ts';
import type { PriceSplineSmile } from '../non-parametric/price-spline.ts';
import { POINT_EXTRAPOLATIONS, pointSmile } from '../slices/point-smile.ts';
import type { PointSmile } from '../slices/point-smile.ts';
import { requireSabr } from '../slices/sabr.ts';
import type { SabrSmile } from '../slices/sabr.ts';
import { requireSvi } from '../slices/svi.ts';
import type { SviSmile } from '../slices/svi.ts';
import type { BlendSmile, Smile } from '../smile.ts';

// A surface sampled at new expiries has blends; one sampled from that has blends of blends. Each level doubles the work of an evaluation.
const MAX_BLEND_DEPTH = 6;

const BLEND_RULES = ['variance', 'forward-variance', 'price'] as const;

/**
 * The smile as frozen data, if it is one of the known kinds with every field of its type and range.
 *
 * A smile with arbitrage, even one with negative variance somewhere, is a smile: `checkArbitrage` says what is wrong with it.
 *
 * @throws DomainError or ShapeError naming `fn` and `name`
 */
export function requireSmile(fn: string, name: string, smile: unknown): Smile {
  return checkedSmile(fn, name, smile, 0);
}

/**
 * The smile behind data that came through `fromPlain`: nothing about it is taken on trust.
 *
 * @throws SchemaError
 */
export function restoreSmile(plain: unknown): Smile {
  return asSchemaError('restoreSmile', () => requireSmile('restoreSmile', 'smile', plain));
}

/** Runs checks meant for callers on data from a file: their errors become SchemaErrors. */
export function asSchemaError<T>(fn: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!isQuantwrightError(cause)) throw new SchemaError(`${fn}: data has a wrong structure`, { cause });
    throw new SchemaError(cause.message, { cause, details: cause.details });
  }
}

function checkedSmile(fn: string, name: string, smile: unknown, depth: number): Smile {
  if (typeof smile !== 'object' || smile === null || Array.isArray(smile)) throw new DomainError(`${fn}: ${name} must be a smile, got ${show(smile)}`);
  const kind = requireOneOf(fn, `${name}.kind`, (smile as { kind?: unknown }).kind, ['svi', 'sabr', 'price-spline', 'points', 'blend'] as const);
  switch (kind) {
    case 'svi':
      return checkedSvi(fn, name, smile as SviSmile);
    case 'sabr':
      return checkedSabr(fn, name, smile as SabrSmile);
    case 'price-spline':
      return checkedPriceSpline(fn, name, smile as PriceSplineSmile);
    case 'points':
      return checkedPoints(fn, name, smile as PointSmile);
    case 'blend':
      return checkedBlend(fn, name, smile as BlendSmile, depth);
  }
}

function checkedSvi(fn: string, name: string, smile: SviSmile): SviSmile {
  requireFields(fn, name, smile, ['kind', 'a', 'b', 'rho', 'm', 'sigma']);
  requireSvi(`${fn}: ${name}`, smile);
  return Object.isFrozen(smile) ? smile : Object.freeze({ ...smile });
}

function checkedSabr(fn: string, name: string, smile: SabrSmile): SabrSmile {
  requireFields(fn, name, smile, ['kind', 'formula', 'alpha', 'beta', 'rho', 'nu', 'forward', 'expiryYears']);
  requireSabr(`${fn}: ${name}`, smile);
  return Object.isFrozen(smile) ? smile : Object.freeze({ ...smile });
}

function checkedPriceSpline(fn: string, name: string, smile: PriceSplineSmile): PriceSplineSmile {
  requireFields(fn, name, smile, ['kind', 'kernelVariance', 'moneyness', 'probability']);
  requirePriceSpline(`${fn}: ${name}`, smile);
  return Object.isFrozen(smile) ? smile : Object.freeze({ ...smile });
}

// Slopes are made anew: a file could hold others.
function checkedPoints(fn: string, name: string, smile: PointSmile): PointSmile {
  requireFields(fn, name, smile, ['kind', 'logMoneyness', 'totalVariance', 'slope', 'extrapolation', 'quotes']);
  requireOneOf(fn, `${name}.extrapolation`, smile.extrapolation, POINT_EXTRAPOLATIONS);
  for (const key of ['logMoneyness', 'totalVariance'] as const) {
    if (!(smile[key] instanceof Float64Array)) throw new DomainError(`${fn}: ${name}.${key} must be a Float64Array, got ${show(smile[key])}`);
  }
  const { quotes } = smile;
  if (quotes !== null && !(typeof quotes === 'object' && [quotes.bidVol, quotes.askVol, quotes.timestamp].every((column) => column instanceof Float64Array))) {
    throw new DomainError(`${fn}: ${name}.quotes must be null or three Float64Arrays, got ${show(quotes)}`);
  }
  return pointSmile(smile, { extrapolation: smile.extrapolation, quotes });
}

function checkedBlend(fn: string, name: string, smile: BlendSmile, depth: number): BlendSmile {
  if (depth >= MAX_BLEND_DEPTH) throw new DomainError(`${fn}: ${name} must hold blends at most ${MAX_BLEND_DEPTH} deep`);
  requireFields(fn, name, smile, ['kind', 'rule', 'near', 'far', 'nearWeight', 'farWeight']);
  const rule = requireOneOf(fn, `${name}.rule`, smile.rule, BLEND_RULES);
  const nearWeight = requireNumber(fn, `${name}.nearWeight`, smile.nearWeight, { min: 0 });
  const farWeight = requireNumber(fn, `${name}.farWeight`, smile.farWeight, { min: 0 });
  if (rule === 'price' && Math.abs(nearWeight + farWeight - 1) > 1e-12) throw new DomainError(`${fn}: ${name} must have weights that sum to 1 when its rule is "price", got ${nearWeight + farWeight}`);
  const near = checkedSmile(fn, `${name}.near`, smile.near, depth + 1);
  const far = smile.far === smile.near ? near : checkedSmile(fn, `${name}.far`, smile.far, depth + 1);
  return Object.freeze({ kind: 'blend', rule, near, far, nearWeight, farWeight });
}

function requireFields(fn: string, name: string, value: object, fields: readonly string[]): void {
  for (const key of Object.keys(value)) if (!fields.includes(key)) throw new DomainError(`${fn}: ${name} must not have the key ${show(key)}`);
}
