import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/core/digest.ts';
import { fromPlain, toPlain } from '../../../src/core/codec.ts';
import { durrlemanG } from '../../../src/iv/slices/durrleman.ts';
import { uncheckedSviSmile } from '../../../src/iv/slices/svi.ts';
import { stepFactor } from '../../../src/iv/synthetic/factors.ts';
import { syntheticSurfaces, syntheticSurfacesSync, type SyntheticDay } from '../../../src/iv/synthetic/surfaces.ts';
import { syntheticVolGrid } from '../../../src/iv/synthetic/vol-grid.ts';

// g and the rise of total variance between expiries on 121 log-moneynesses to +-10 standard deviations of the longest expiry, by raw SVI.
function worstArbitrage(day: SyntheticDay): { g: number; rise: number } {
  const reach = 10 * Math.sqrt(day.slices[day.slices.length - 1].slice.theta);
  const out = new Float64Array(3);
  let [g, rise] = [Infinity, Infinity];
  for (let i = -60; i <= 60; i++) {
    const k = (reach * i * Math.abs(i)) / 3600;
    let before = 0;
    for (const { smile } of day.slices) {
      uncheckedSviSmile(smile, k, out);
      g = Math.min(g, durrlemanG(k, out));
      rise = Math.min(rise, (out[0] - before) / out[0]);
      before = out[0];
    }
  }
  return { g, rise };
}

const correlation = (a: readonly number[], b: readonly number[]): number => {
  const mean = (x: readonly number[]): number => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  const cross = (x: readonly number[], mx: number, y: readonly number[], my: number): number => x.reduce((sum, value, i) => sum + (value - mx) * (y[i] - my), 0);
  return cross(a, ma, b, mb) / Math.sqrt(cross(a, ma, a, ma) * cross(b, mb, b, mb));
};
const changes = (values: readonly number[]): number[] => values.slice(1).map((value, i) => value - values[i]);

describe('syntheticSurfaces', () => {
  it('have no butterfly and no calendar arbitrage in 200 seeds, jumps, stress and wild factors included', () => {
    for (let seed = 0; seed < 200; seed++) {
      const wild = seed % 4 === 3 ? { slope: { volatility: 4 }, curvature: { mean: 1.2, volatility: 2 }, skew: { mean: 1.5, volatility: 3 } } : {};
      const { days } = syntheticSurfacesSync({ seed, days: 10, jumps: { perYear: 40 }, stress: { entriesPerYear: 25 }, ...wild });
      for (const day of days) {
        const { g, rise } = worstArbitrage(day);
        expect(g).toBeGreaterThan(-1e-8); // rounding of the raw SVI form, whose terms are larger than their sum
        expect(rise).toBeGreaterThan(-1e-10);
      }
    }
  });

  it('are the same to the bit for the same seed: pinned digest', async () => {
    const history = syntheticSurfacesSync({ seed: 42, days: 30, jumps: { perYear: 12 }, stress: { entriesPerYear: 4 } });
    expect(await digestOf(toPlain(history))).toBe('8be43ffa4d617fa51e9aaa31a09c152676ec1cc696f49a8a7820c9c08f411b4c');
    expect(syntheticSurfacesSync({ seed: 43, days: 2 }).days[1].spot).not.toBe(history.days[1].spot);
  });

  it('can be cancelled, report progress and are the same run in slices', async () => {
    const steps: number[] = [];
    const history = await syntheticSurfaces({ seed: 42, days: 100, onProgress: ({ done }) => steps.push(done) });
    expect(history).toEqual(syntheticSurfacesSync({ seed: 42, days: 100 }));
    expect(steps[0]).toBe(0);
    await expect(syntheticSurfaces({ seed: 1, days: 1e6, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrowError('stop');
    await expect(syntheticSurfaces({ seed: 1, days: 0 })).rejects.toMatchObject({ code: 'ERR_DOMAIN' });
  });

  it('keep the other paths when one factor changes', () => {
    const base = syntheticSurfacesSync({ seed: 1, days: 50 }).days;
    const changed = syntheticSurfacesSync({ seed: 1, days: 50, skew: { volatility: 0.6 }, curvature: { mean: 0 } }).days;
    expect(changed.map((day) => [day.spot, day.level, day.slope])).toEqual(base.map((day) => [day.spot, day.level, day.slope]));
    expect(changed[49].skew).not.toBe(base[49].skew);
  });

  it('have a spot that falls when short volatility rises, as leverage says', () => {
    const { days } = syntheticSurfacesSync({ seed: 5, days: 2500, leverage: -0.75 });
    const returns = changes(days.map((day) => Math.log(day.spot)));
    const found = correlation(returns, changes(days.map((day) => day.slope)));
    expect(found).toBeGreaterThan(-0.8);
    expect(found).toBeLessThan(-0.65); // standard error 0.01; returns are scaled by a changing volatility
    expect(correlation(returns, changes(syntheticSurfacesSync({ seed: 5, days: 2500, leverage: 0 }).days.map((day) => day.slope)))).toBeLessThan(0.06);
  });

  it('move the spot by the volatility that options show', () => {
    const { days } = syntheticSurfacesSync({ seed: 11, days: 2500, rate: 0, dividendYield: 0 });
    const standardized = changes(days.map((day) => Math.log(day.spot))).map((step, i) => step / (Math.exp(days[i].level + days[i].slope) / Math.sqrt(252)));
    const meanSquare = standardized.reduce((sum, value) => sum + value * value, 0) / standardized.length;
    expect(Math.abs(meanSquare - 1)).toBeLessThan(0.1); // 3.5 standard errors of sqrt(2 / 2500)
  });

  it('have plausible levels: at-the-money volatility mostly 8 to 60 %, short smiles steeper than long ones', () => {
    const { days } = syntheticSurfacesSync({ seed: 3, days: 1000 });
    const vols = days.map(({ slices }) => Math.sqrt(slices[2].slice.theta / slices[2].expiryYears));
    expect(vols.filter((vol) => vol > 0.08 && vol < 0.6).length).toBeGreaterThan(950);
    const skew = ({ slice }: SyntheticDay['slices'][number]): number => (slice.rho * slice.psi) / Math.sqrt(slice.theta);
    expect(days.filter(({ slices }) => skew(slices[0]) / Math.sqrt(slices[0].expiryYears) < skew(slices[8]) / Math.sqrt(slices[8].expiryYears)).length).toBe(1000);
  });

  it('jump and change regime as often as they are told', () => {
    const { days } = syntheticSurfacesSync({ seed: 9, days: 2520, jumps: { perYear: 10 }, stress: { entriesPerYear: 3, exitsPerYear: 6 } });
    expect(days.filter((day) => day.hasJumped).length).toBeGreaterThan(70); // 100 +- 10
    expect(days.filter((day) => day.hasJumped).length).toBeLessThan(130);
    const share = days.filter((day) => day.isStressed).length / days.length; // a third in the long run
    expect(share).toBeGreaterThan(0.15);
    expect(share).toBeLessThan(0.55);
    expect(syntheticSurfacesSync({ seed: 9, days: 300 }).days.some((day) => day.hasJumped || day.isStressed)).toBe(false);
  });

  it('have forwards and discounts of the rate and the dividend yield', () => {
    const [{ slices, spot }] = syntheticSurfacesSync({ seed: 1, spot: 250, rate: 0.05, dividendYield: 0.02, expiryYears: [2] }).days;
    expect(spot).toBe(250);
    expect(slices[0].forward).toBeCloseTo(250 * Math.exp(0.06), 10);
    expect(slices[0].discount).toBeCloseTo(Math.exp(-0.1), 14);
  });

  it('are frozen plain data that pass the codec', () => {
    const history = syntheticSurfacesSync({ seed: 2, days: 2 });
    expect(fromPlain(toPlain(history))).toEqual({ ...history });
    expect(structuredClone(history)).toEqual({ ...history });
    expect(Object.isFrozen(history.days[0].slices[0])).toBe(true);
  });

  it('refuse options out of range', () => {
    for (const options of [{ seed: 0.5 }, { seed: 1, days: 0 }, { seed: 1, expiryYears: [] }, { seed: 1, expiryYears: [1, 1] }, { seed: 1, leverage: -1 }, { seed: 1, level: { meanReversion: 0 } }, { seed: 1, gamma: 0.6 }, { seed: 1, jumps: { perYear: -1 } }]) {
      expect(() => syntheticSurfacesSync(options)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    }
    expect(() => syntheticSurfacesSync({ seed: 1, day: 3 } as never)).toThrowError(expect.objectContaining({ code: 'ERR_UNKNOWN_NAME' }));
  });
});

describe('stepFactor', () => {
  it('is the exact transition of an Ornstein-Uhlenbeck process', () => {
    expect(stepFactor({ mean: 2, meanReversion: 3, volatility: 0.5 }, 1, 0.1, 0)).toBeCloseTo(2 - Math.exp(-0.3), 15);
    // Two half steps have the variance of one whole step.
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 20, noNaN: true }), fc.double({ min: 0.001, max: 2, noNaN: true }), (meanReversion, years) => {
        const factor = { mean: 0, meanReversion, volatility: 1 };
        const half = stepFactor(factor, 0, years / 2, 1);
        const whole = stepFactor(factor, 0, years, 1);
        const carried = stepFactor(factor, half, years / 2, 0);
        expect(carried * carried + half * half).toBeCloseTo(whole * whole, 12);
      }),
    );
  });
});

describe('syntheticVolGrid', () => {
  const expiryYears = [0.083, 0.167, 0.25, 0.5, 0.75, 1, 1.5, 2];
  const [day] = syntheticSurfacesSync({ seed: 42, expiryYears, rate: 0.05, dividendYield: 0 }).days;

  it('has the shape of the old generator: spot 100, 25 strikes from 80 to 120, 8 expiries, noise 0.003 cut to [0.05, 1] (parity 20)', () => {
    const grid = syntheticVolGrid(day, { noise: 0.003, clip: [0.05, 1], seed: 42 });
    expect(grid.spot).toBe(100);
    expect(grid.strikes.length).toBe(25);
    expect([grid.strikes[0], grid.strikes[12], grid.strikes[24]].map((strike) => Number(strike.toFixed(10)))).toEqual([80, 100, 120]);
    expect([...grid.expiryYears]).toEqual(expiryYears);
    const errors = grid.annualizedVol.flatMap((row, i) => Array.from(row, (vol, j) => vol - grid.trueVol[i][j]));
    expect(errors.length).toBe(200);
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / 200);
    expect(deviation).toBeGreaterThan(0.0025);
    expect(deviation).toBeLessThan(0.0035); // 3 standard errors of 0.003 / sqrt(400)
    for (const row of grid.annualizedVol) for (const vol of row) expect(vol >= 0.05 && vol <= 1).toBe(true);
  });

  it('has the volatilities of the smiles without noise', () => {
    const grid = syntheticVolGrid(day, { moneyness: [0.5, 1, 1.7] });
    expect(inspect(grid).split('\n')).toHaveLength(3 + grid.expiryYears.length); // prints as a table
    const out = new Float64Array(3);
    day.slices.forEach(({ smile, forward, expiryYears: years }, i) => {
      grid.strikes.forEach((strike, j) => {
        uncheckedSviSmile(smile, Math.log(strike / forward), out);
        expect(grid.annualizedVol[i][j]).toBeCloseTo(Math.sqrt(out[0] / years), 12);
      });
    });
  });

  it('refuses options out of range', () => {
    expect(() => syntheticVolGrid(day, { moneyness: [] })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => syntheticVolGrid(day, { noise: -1 })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
    expect(() => syntheticVolGrid(day, { clip: [1, 0.5] })).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });
});
