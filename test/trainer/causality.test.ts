import { describe, expect, it } from 'vitest';
import { isQuantwrightError } from '../../src/core/errors.ts';
import { column, forwardReturn, forwardVolatility, logReturn, momentum, realizedVol } from '../../src/features/index.ts';
import type { Feature, Label } from '../../src/features/index.ts';
import { defineRecipe } from '../../src/trainer/index.ts';
import type { RecipeOptions } from '../../src/trainer/index.ts';

const atClose = forwardReturn({ sessions: 5 });
const atNextOpen = forwardReturn({ sessions: 5, entry: 'next-open' });
const endOfDay = column('sentiment', { causality: 'end-of-day' });
const hindsight = column('revised', { causality: 'research-only' });

const verdict = (features: Record<string, Feature>, label: Label = atClose, options: Partial<RecipeOptions> = {}): string => {
  try {
    defineRecipe({ family: 'f', features, label, ...options });
    return 'accepted';
  } catch (error) {
    return isQuantwrightError(error) ? `${error.code} ${error.message}` : `not ours: ${String(error)}`;
  }
};

describe('a recipe refuses what could not be served', () => {
  it('research-only features, by name', () => {
    expect(verdict({ mom: momentum(20), leak: hindsight })).toMatch(/^ERR_CONTRACT defineRecipe: feature leak must not be research-only.*it reads revised/);
  });

  it('a column nobody declared, even under an innocent function, until `column` declares it', () => {
    expect(verdict({ r: logReturn(1, { column: 'fut' }) })).toMatch(/^ERR_CONTRACT defineRecipe: feature r must not be research-only.*it reads fut/);
    expect(verdict({ r: logReturn(1, { column: column('fut', { causality: 'causal' }) }) })).toBe('accepted');
  });

  it('what descends from a research-only column, through a function or a parent', () => {
    expect(verdict({ r: logReturn(5, { column: hindsight }) })).toMatch(/^ERR_CONTRACT .*feature r/);
    expect(verdict({ made: column('made', { causality: 'causal', parents: ['revised'] }), leak: hindsight })).toMatch(/^ERR_CONTRACT/);
    expect(verdict({ made: column('made', { causality: 'causal', parents: ['unheard-of'] }) })).toMatch(/^ERR_CONTRACT .*feature made/);
  });

  it('the same in dispersions and groups, which are served too', () => {
    const features = { mom: momentum(20) };
    expect(verdict(features, atClose, { uncertainty: { dispersions: { leak: hindsight } } })).toMatch(/^ERR_CONTRACT .*feature context\.leak/);
    expect(verdict(features, atClose, { uncertainty: { groups: { by: hindsight, count: 3 } } })).toMatch(/^ERR_CONTRACT .*feature context\.group/);
    expect(verdict(features, atClose, { uncertainty: { dispersions: { vol: realizedVol(10, { column: 'fut' }) } } })).toMatch(/^ERR_CONTRACT .*feature context\.vol/);
  });
});

describe('end-of-day features and the entry of the label', () => {
  it('are refused with a label entered at that session\'s close', () => {
    expect(verdict({ news: endOfDay })).toMatch(/^ERR_CONTRACT defineRecipe: feature news must not be end-of-day.*entry 'next-open', or declare the column causal with availabilityLagSessions 1/);
    expect(verdict({ mom: momentum(20) }, atClose, { uncertainty: { dispersions: { news: endOfDay } } })).toMatch(/^ERR_CONTRACT .*feature context\.news/);
  });

  it('are accepted with an entry at the next open', () => {
    expect(verdict({ news: endOfDay }, atNextOpen)).toBe('accepted');
  });

  it('are accepted after the close where nothing is entered: a volatility label', () => {
    expect(verdict({ news: endOfDay }, forwardVolatility({ sessions: 5, periodsPerYear: 252 }))).toBe('accepted');
  });

  it('are accepted a session late, declared so: then the value is known before the close', () => {
    expect(verdict({ news: column('sentiment', { causality: 'causal', availabilityLagSessions: 1 }) })).toBe('accepted');
  });
});
