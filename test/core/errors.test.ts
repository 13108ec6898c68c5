import { describe, expect, it } from 'vitest';
import { DomainError, isQuantwrightError, MissingPeerError, QuantwrightError, SchemaError, ShapeError, StoreError } from '../../src/core/errors.ts';

describe('the error family', () => {
  it.each([
    [ShapeError, 'ShapeError', 'ERR_SHAPE'],
    [DomainError, 'DomainError', 'ERR_DOMAIN'],
    [SchemaError, 'SchemaError', 'ERR_SCHEMA'],
    [MissingPeerError, 'MissingPeerError', 'ERR_MISSING_PEER'],
  ] as const)('%s carries its name and code', (Kind, name, code) => {
    const cause = new Error('inner');
    const error = new Kind('f: x must be y, got z', { cause, details: { row: 3 } });
    expect(error).toMatchObject({ name, code, message: 'f: x must be y, got z', cause, details: { row: 3 } });
    expect(error).toBeInstanceOf(QuantwrightError);
    expect(error).toBeInstanceOf(Error);
    expect(Object.isFrozen(error.details)).toBe(true);
  });

  it('has no cause and empty details unless given', () => {
    const error = new QuantwrightError('ERR_LIMIT', 'm');
    expect('cause' in error).toBe(false);
    expect(error.details).toEqual({});
  });

  it('keeps an undefined cause as a cause', () => {
    expect('cause' in new QuantwrightError('ERR_LIMIT', 'm', { cause: undefined })).toBe(true);
  });
});

describe('StoreError', () => {
  it('says what is known about the write', () => {
    expect(new StoreError('ERR_UNKNOWN_OUTCOME', 'm')).toMatchObject({ outcome: 'unknown', retryable: false });
    expect(new StoreError('ERR_TRANSIENT', 'm')).toMatchObject({ outcome: 'not-applied', retryable: true });
    expect(new StoreError('ERR_STORE', 'm')).toMatchObject({ outcome: 'not-applied', retryable: false });
    expect(new StoreError('ERR_STORE', 'm', { outcome: 'applied' }).outcome).toBe('applied');
  });
});

describe('isQuantwrightError', () => {
  it('knows its own errors, by code when asked', () => {
    expect(isQuantwrightError(new DomainError('m'))).toBe(true);
    expect(isQuantwrightError(new DomainError('m'), 'ERR_DOMAIN')).toBe(true);
    expect(isQuantwrightError(new DomainError('m'), 'ERR_SHAPE')).toBe(false);
  });

  it('knows the errors of a second installed copy, which are instances of other classes', () => {
    class QuantwrightError2 extends Error {
      readonly code = 'ERR_SCHEMA';
      readonly details = {};
    }
    const foreign = new QuantwrightError2('m');
    expect(foreign instanceof QuantwrightError).toBe(false);
    expect(isQuantwrightError(foreign, 'ERR_SCHEMA')).toBe(true);
  });

  it('knows nothing else', () => {
    const nodeError = Object.assign(new TypeError('m'), { code: 'ERR_INVALID_ARG_TYPE' });
    const fileError = Object.assign(new Error('m'), { code: 'ENOENT', details: {} });
    for (const value of [nodeError, fileError, new Error('m'), { code: 'ERR_DOMAIN', details: {} }, 'ERR_DOMAIN', null, undefined, new DOMException('m', 'AbortError')]) {
      expect(isQuantwrightError(value)).toBe(false);
    }
  });
});
