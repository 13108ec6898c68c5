import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { column, computeFeatures, difference, distanceToHigh, distanceToLow, dollarVolume, type Feature, highLowRange, intradayReturn, lag, logReturn, lookbackSessions, marketBeta, marketReturn, marketVol, maxAbsoluteReturn, meanAbsoluteReturn, momentum, overnightGap, product, rankByDate, ratio, realizedVol, relativeStrength, residualReturn, returnSkewness, rollingMean, rollingStd, volumeZScore, zScoreByDate } from '../../src/features/index.ts';
import { type Panel, selectSessions } from '../../src/panel/index.ts';
import { type Bar, panelOf, timeOf } from './bars.ts';

/** Every builder at least once, with short windows so that small panels have values. */
const OWN: Record<string, Feature> = {
  column: column('extra', { causality: 'causal', availabilityLagSessions: 1 }),
  logReturn: logReturn(2), momentum: momentum(5, { skip: 2 }), realizedVol: realizedVol(3, { periodsPerYear: 252 }), relativeStrength: relativeStrength(3),
  distanceToHigh: distanceToHigh(3), distanceToLow: distanceToLow(4), meanAbsoluteReturn: meanAbsoluteReturn(2), maxAbsoluteReturn: maxAbsoluteReturn(3),
  returnSkewness: returnSkewness(4), highLowRange: highLowRange(2), overnightGap: overnightGap(), intradayReturn: intradayReturn(), volumeZScore: volumeZScore(3),
  dollarVolume: dollarVolume(2), ratio: ratio(realizedVol(2), realizedVol(4)), difference: difference(logReturn(1), intradayReturn()), product: product(overnightGap(), logReturn(3)),
  lag: lag(realizedVol(2), 3), rollingMean: rollingMean(overnightGap(), 3), rollingStd: rollingStd(intradayReturn(), 2),
};
const CROSS: Record<string, Feature> = {
  marketReturn: marketReturn(2), marketVol: marketVol(3), marketBeta: marketBeta(4), residualReturn: residualReturn(2, { betaSessions: 3 }),
  rankByDate: rankByDate(logReturn(1)), rankWithin: rankByDate(logReturn(1), { within: 'sector' }), zScoreByDate: zScoreByDate(logReturn(2), { clip: 2 }), lagOfRank: lag(rankByDate(logReturn(1)), 2),
};
const ALL = { ...OWN, ...CROSS };

interface Shape {
  readonly seed: number;
  readonly entities: number;
  readonly sessions: number;
  /** Share of rows present. */
  readonly density: number;
}
const shapes = fc.record<Shape>({ seed: fc.integer({ min: 0, max: 1e9 }), entities: fc.integer({ min: 1, max: 5 }), sessions: fc.integer({ min: 2, max: 24 }), density: fc.constantFrom(0.6, 0.9, 1) });

/** Bars with gaps, missing cells and zero volumes. Draws are per entity and session, so bars do not depend on which others exist. */
function randomBars({ seed, entities, sessions, density }: Shape, fromSession = 0, prefix = 'E'): Bar[] {
  const bars: Bar[] = [];
  for (let s = fromSession; s < sessions; s++) {
    for (let e = 0; e < entities; e++) {
      const random = randomStream(seed, `${prefix} ${e} ${s}`);
      if (random.uniform() >= density) continue;
      const price = (): number => (random.uniform() < 0.03 ? NaN : 50 + 50 * random.uniform());
      bars.push({ s, e: `${prefix}${e}`, open: price(), high: price(), low: price(), close: price(), volume: random.uniform() < 0.05 ? 0 : 1000 * random.uniform(), extra: random.normal(), sector: random.integer(2) });
    }
  }
  return bars;
}

function byKey(panel: Panel, features: Record<string, Feature>, until: number): Map<string, number[]> {
  const { columns } = computeFeatures(panel, features);
  const rows = new Map<string, number[]>();
  for (let row = 0; row < panel.rowCount; row++) {
    const time = panel.sessions[panel.session[row]];
    if (time <= timeOf(until)) rows.set(`${time} ${panel.entities[panel.entity[row]]}`, columns.map((values) => values[row]));
  }
  return rows;
}

describe('law 1: nothing after a row changes the row, to the bit', () => {
  it.each(Object.keys(ALL))('%s', (name) => {
    const feature = { [name]: ALL[name as keyof typeof ALL] };
    fc.assert(fc.property(shapes, fc.double({ min: 0, max: 1, noNaN: true }), (shape, share) => {
      const cut = Math.floor(share * (shape.sessions - 1));
      const bars = randomBars(shape);
      const past = bars.filter((bar) => bar.s <= cut);
      fc.pre(past.length > 0);
      const before = byKey(panelOf(bars), feature, cut);
      // Other values, other rows, more sessions, and entities whose names sort before and after the others.
      const other = { ...shape, seed: shape.seed + 1, sessions: shape.sessions + 3 };
      const future = [...randomBars(other, cut + 1), ...randomBars(other, cut + 1, 'A'), ...randomBars(other, cut + 1, 'Z')];
      expect(byKey(panelOf([...past, ...future]), feature, cut)).toEqual(before);
      expect(byKey(panelOf(past), feature, cut)).toEqual(before);
    }), { numRuns: 40 });
  });
});

describe('a value has the same bits whatever surrounds its window', () => {
  it('history before the lookback does not matter', () => {
    fc.assert(fc.property(shapes, fc.integer({ min: 0, max: 23 }), (shape, start) => {
      fc.pre(start < shape.sessions);
      // A full entity keeps every session in the panel, so that windows mean the same in both.
      const bars = [...randomBars(shape), ...randomBars({ ...shape, entities: 1, density: 1 }, 0, 'M')];
      const panel = panelOf(bars);
      const lookback = lookbackSessions(ALL);
      const whole = byKey(panel, ALL, shape.sessions);
      const part = byKey(selectSessions(panel, { from: timeOf(start) }), ALL, shape.sessions);
      const first = timeOf(start + lookback);
      for (const [key, values] of part) if (Number(key.split(' ')[0]) >= first) expect(values).toEqual(whole.get(key));
    }), { numRuns: 40 });
  });
  it('other entities do not matter to features of one entity', () => {
    fc.assert(fc.property(shapes, (shape) => {
      const calendar = randomBars({ ...shape, entities: 1, density: 1 }, 0, 'M');
      const alone = panelOf(calendar);
      const together = panelOf([...calendar, ...randomBars(shape), ...randomBars(shape, 0, 'Z')]);
      const rows = byKey(together, OWN, shape.sessions);
      for (const [key, values] of byKey(alone, OWN, shape.sessions)) expect(rows.get(key)).toEqual(values);
    }), { numRuns: 40 });
  });
  it('and the small panels do have values of every feature', () => {
    const { names, columns } = computeFeatures(panelOf(randomBars({ seed: 1, entities: 5, sessions: 24, density: 1 })), ALL);
    expect(names.filter((_, j) => columns[j].every(Number.isNaN))).toEqual([]);
  });
});
