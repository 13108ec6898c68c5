import { describe, expect, it } from 'vitest';
import { column, dollarVolume, type Feature, type FeatureSpec, featureContract, highLowRange, intradayReturn, lag, logReturn, lookbackSessions, marketBeta, marketReturn, momentum, product, rankByDate, realizedVol, requiredColumns, residualReturn, rollingMean } from '../../src/features/index.ts';

const specOf = (features: Record<string, Feature>, name: string): FeatureSpec => featureContract(features).find((spec) => spec.name === name) as FeatureSpec;

describe('featureContract', () => {
  it('describes a feature of bars', () => {
    expect(specOf({ mom: rankByDate(momentum(126, { skip: 21 })) }, 'mom')).toEqual({
      availabilityLagSessions: 0,
      causality: 'causal',
      expression: 'rankByDate(momentum(126, 21, close))',
      fn: 'rankByDate',
      inputs: ['close'],
      lookbackSessions: 126,
      name: 'mom',
      parents: ['close'],
    });
  });
  it('does not depend on the order of the features, and its keys come in alphabetical order', () => {
    const [a, b] = [logReturn(5), dollarVolume(21)];
    expect(JSON.stringify(featureContract({ a, b }))).toBe(JSON.stringify(featureContract({ b, a })));
    const keys = Object.keys(featureContract({ a })[0]);
    expect(keys).toEqual([...keys].sort());
  });
  it('a derived feature inherits the strictest column and the longest lag', () => {
    const late = column('estimate', { causality: 'end-of-day', availabilityLagSessions: 3 });
    const secret = column('target', { causality: 'research-only', availabilityLagSessions: 1 });
    const spec = specOf({ x: lag(product(rankByDate(late), product(secret, logReturn(5))), 2) }, 'x');
    expect(spec).toMatchObject({ causality: 'research-only', availabilityLagSessions: 3, inputs: ['close', 'estimate', 'target'], lookbackSessions: 7 });
    expect(specOf({ x: product(late, logReturn(5)) }, 'x').causality).toBe('end-of-day');
  });
  it('engine 0.1: an interaction of a research-only parent is not causal, whatever its name says', () => {
    const features = {
      relative_mom_10: column('relative_mom_10', { causality: 'research-only' }),
      X_mom: column('X_mom', { causality: 'causal', parents: ['relative_mom_10'] }),
      X_mom_x_close: column('X_mom_x_close', { causality: 'causal', parents: ['X_mom', 'close'] }),
    };
    expect(specOf(features, 'X_mom').causality).toBe('research-only');
    expect(specOf(features, 'X_mom_x_close')).toMatchObject({ causality: 'research-only', parents: ['X_mom', 'X_mom_x_close', 'close', 'relative_mom_10'] });
  });
  it('engine 0.1: unknown fails closed', () => {
    expect(specOf({ x: logReturn(5, { column: 'X_anything' }) }, 'x').causality).toBe('research-only');
    expect(specOf({ x: column('x', { causality: 'causal', parents: ['nobody_declared_this'] }) }, 'x').causality).toBe('research-only');
    expect(specOf({ x: rankByDate(logReturn(5), { within: 'sector' }) }, 'x').causality).toBe('research-only');
    expect(specOf({ x: rankByDate(logReturn(5), { within: column('sector', { causality: 'causal' }) }) }, 'x').causality).toBe('causal');
  });
  it('a column is not known because a feature has its name', () => {
    const features = { secret: logReturn(5), x: logReturn(5, { column: 'secret' }) };
    expect(specOf(features, 'x').causality).toBe('research-only');
    expect(specOf({ mom: logReturn(5), y: column('y', { causality: 'causal', parents: ['mom'] }) }, 'y').causality).toBe('causal');
  });
  it('a declaration holds wherever the recipe reads the column, a bar column included', () => {
    const features = { declared: column('close', { causality: 'end-of-day', availabilityLagSessions: 1 }), x: logReturn(5) };
    expect(specOf(features, 'x')).toMatchObject({ causality: 'end-of-day', availabilityLagSessions: 1, lookbackSessions: 6 });
  });
  it('parents that name each other end', () => {
    const features = { a: column('a', { causality: 'causal', parents: ['b'] }), b: column('b', { causality: 'end-of-day', parents: ['a'] }) };
    expect(specOf(features, 'a').causality).toBe('end-of-day');
  });
});

describe('lookbackSessions', () => {
  it.each([
    [intradayReturn(), 0], [highLowRange(10), 9], [logReturn(5), 5], [realizedVol(21), 21], [marketReturn(5), 5], [marketBeta(63), 63],
    [residualReturn(5, { betaSessions: 63 }), 63], [momentum(126, { skip: 21 }), 126], [lag(logReturn(5), 3), 8], [rollingMean(realizedVol(10), 5), 14],
  ])('of %j is %i', (feature, sessions) => {
    expect(lookbackSessions({ x: feature })).toBe(sessions);
    expect(featureContract({ x: feature })[0].lookbackSessions).toBe(sessions);
  });
  it('is the longest of all, 0 for none', () => {
    expect(lookbackSessions({ a: logReturn(5), b: realizedVol(21) })).toBe(21);
    expect(lookbackSessions({})).toBe(0);
  });
});

it('requiredColumns lists what is read, once and in order', () => {
  expect(requiredColumns({ a: dollarVolume(21), b: highLowRange(10), c: rankByDate(logReturn(1), { within: 'sector' }), d: logReturn(1, { column: column('adjusted', { causality: 'causal' }) }) })).toEqual(['adjusted', 'close', 'high', 'low', 'sector', 'volume']);
});
