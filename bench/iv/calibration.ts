/** Calibrations: the DAX of 5 July 2002 from five starts beside QuantLib, the synthetic market of Cui, del Bano Rollin and Germano, and jumps on thousands of quotes. */
import { batesSurface, calibrateBatesSync, calibrateBatesTask, calibrateHestonSync, HESTON_PARAMETER_NAMES, impliedVol } from 'quantwright/iv';
import type { BatesParameters, HestonParameters, HestonVolGrid } from 'quantwright/iv';
import { gradientRows, parametersOf } from '../../test/iv/heston/reference.ts';
import { daxMarket, daxPeer } from './dax.ts';
import { worstOf } from './fixtures.ts';
import { speedLines, tell } from './lines.ts';
import { preparePeer } from './peer.ts';
import type { Workload } from './timing.ts';

/** v0, kappa, theta, sigma, rho: the first is that of QuantLib's test, the second one from which QuantLib ends far off. */
const STARTS: readonly HestonParameters[] = [
  [0.1, 1, 0.1, 0.5, -0.5], [0.25, 0.5, 0.05, 0.2, -0.2], [0.04, 4, 0.04, 1, -0.7], [0.4, 20, 0.15, 5, -0.9], [0.02, 0.3, 0.3, 0.1, 0.3],
].map(parametersOf);

const CUI_START = parametersOf([0.2, 1.2, 0.2, 0.3, -0.6]);

// 40 prices, as volatilities.
function cuiMarket(): { readonly vols: HestonVolGrid; readonly exact: HestonParameters } {
  const rows = gradientRows.filter(({ set }) => set === 'cui2017');
  const years = [...new Set(rows.map(({ option }) => option.expiryYears))];
  const byExpiry = years.map((expiryYears) => rows.filter(({ option }) => option.expiryYears === expiryYears).map(({ option, expected: [price] }) => {
    if (!('spot' in option)) throw new Error('bench iv: rows of cui2017 must have a spot price');
    const { spot, strike, rate = 0 } = option;
    const discount = Math.exp(-rate * expiryYears);
    const forward = spot / discount;
    return { logMoneyness: Math.log(strike / forward), vol: impliedVol({ type: 'call', price, forward, strike, expiryYears, discount }).annualizedVol };
  }));
  const vols = { expiryYears: years, logMoneyness: byExpiry.map((quotes) => quotes.map((quote) => quote.logMoneyness)), annualizedVol: byExpiry.map((quotes) => quotes.map((quote) => quote.vol)) };
  return { vols, exact: rows[0].parameters };
}

const JUMP_MODEL: BatesParameters = { ...parametersOf([0.04, 2, 0.06, 0.5, -0.6]), jumpIntensity: 0.5, meanLogJump: -0.15, logJumpDeviation: 0.1 };

// 5,000 volatilities of a model with jumps, a fifth of a point off.
function jumpMarket(): HestonVolGrid {
  const expiryYears = Array.from({ length: 40 }, (_, e) => 0.02 * Math.exp((e / 39) * Math.log(100)));
  const logMoneyness = expiryYears.map((years) => Array.from({ length: 125 }, (_, i) => (-2.5 + i / 31) * 0.25 * Math.sqrt(years)));
  const { annualizedVol } = batesSurface(JUMP_MODEL, { expiryYears, logMoneyness });
  return { expiryYears, logMoneyness, annualizedVol: expiryYears.map((_, e) => annualizedVol.slice(125 * e, 125 * e + 125).map((vol, i) => vol + 0.002 * Math.cos(5 * i + e))) };
}

export const calibrationWorkloads: Readonly<Record<'daxCalibration' | 'daxOwnStarts' | 'cuiCalibration' | 'daxJumps' | 'jumpChain', Workload>> = {
  daxCalibration: () => {
    const { vols } = daxMarket();
    return () => calibrateHestonSync(vols, { weights: 'uniform', starts: [STARTS[0]] });
  },
  daxOwnStarts: () => {
    const { vols } = daxMarket();
    return () => calibrateHestonSync(vols, { weights: 'uniform' });
  },
  cuiCalibration: () => {
    const { vols } = cuiMarket();
    return () => calibrateHestonSync(vols, { weights: 'uniform', starts: [CUI_START] });
  },
  daxJumps: () => {
    const { vols } = daxMarket();
    return () => calibrateBatesSync(vols, { weights: 'uniform', quoteStarts: 1 });
  },
  jumpChain: () => {
    const vols = jumpMarket();
    return () => calibrateBatesSync(vols, { weights: 'uniform' });
  },
};

/** T7. */
async function dax(): Promise<void> {
  const { vols } = daxMarket();
  const peers = [];
  for (const start of STARTS) peers.push(await preparePeer('hestonCalibration', daxPeer(start)));
  const found = STARTS.map((start) => calibrateHestonSync(vols, { weights: 'uniform', starts: [start] }));
  for (const [i, { objective, iterations, evaluations }] of found.entries()) {
    const peer = peers[i];
    const title = `calibrateHeston, 104 DAX vols, start ${Object.values(STARTS[i]).join(' ')}`;
    tell({ case: title, metric: 'sse', value: objective ?? NaN, unit: 'squared vol points', ...(peer && { peer: peer.name, peerValue: peer.found['sse'] as number }) }, { floor: 177.234 });
    tell({ case: title, metric: 'iterations', value: iterations, unit: `iterations, ${evaluations} evaluations` });
  }
  tell({ case: 'calibrateHeston, 104 DAX vols', metric: 'starts-at-optimum', value: found.filter(({ objective }) => (objective ?? NaN) <= 177.234).length, unit: `of ${STARTS.length}`, better: 'at-least' }, { floor: 5 });
  const own = calibrateHestonSync(vols, { weights: 'uniform' });
  tell({ case: 'calibrateHeston, 104 DAX vols, three starts from the quotes', metric: 'sse', value: own.objective ?? NaN, unit: `squared vol points, ${own.startsAtBest} starts at the best` }, { floor: 177.234 });
  const peer = await preparePeer('hestonCalibration', daxPeer(STARTS[0])); // the last prepared is the one that is timed
  const title = 'calibrateHeston, 104 DAX vols, start of QuantLib\'s test';
  await speedLines({ title, workload: 'daxCalibration', make: calibrationWorkloads.daxCalibration, peer, seconds: { floor: 0.008, aim: 0.0025 }, speedUp: { floor: 25, aim: 60 } });
  await speedLines({ title: 'calibrateHeston, 104 DAX vols, three starts from the quotes', workload: 'daxOwnStarts', make: calibrationWorkloads.daxOwnStarts });
}

/** T8. */
async function cui(): Promise<void> {
  const title = 'calibrateHeston, 40 prices of Cui 2017';
  const { vols, exact } = cuiMarket();
  const { parameters, iterations, evaluations } = calibrateHestonSync(vols, { weights: 'uniform', starts: [CUI_START] });
  const error = parameters === null ? NaN : worstOf(HESTON_PARAMETER_NAMES.map((name) => Math.abs(parameters[name] - exact[name])));
  tell({ case: title, metric: 'max-parameter-error', value: error, unit: '1' }, { floor: 1e-6, aim: 1e-9 });
  tell({ case: title, metric: 'iterations', value: iterations, unit: `iterations, ${evaluations} evaluations` }, { floor: 20 });
  await speedLines({ title, workload: 'cuiCalibration', make: calibrationWorkloads.cuiCalibration, seconds: { floor: 0.008, aim: 0.0015 } });
}

// Bates, with the longest stretch between two yields: the least of each piece over a few runs.
async function jumps(): Promise<void> {
  const dax = calibrateBatesSync(daxMarket().vols, { weights: 'uniform', quoteStarts: 1 });
  tell({ case: 'calibrateBates, 104 DAX vols', metric: 'sse', value: dax.objective ?? NaN, unit: `squared vol points, ${dax.evaluations} evaluations` }, { floor: 38.84 });
  await speedLines({ title: 'calibrateBates, 104 DAX vols', workload: 'daxJumps', make: calibrationWorkloads.daxJumps });
  const title = 'calibrateBates, 5,000 vols, three starts';
  const vols = jumpMarket();
  const least: number[] = [];
  for (let run = 0; run < 5; run++) {
    const task = calibrateBatesTask(vols, { weights: 'uniform' });
    for (let piece = 0, done = false; !done; piece++) {
      const start = performance.now();
      done = task.next().done === true;
      least[piece] = Math.min(least[piece] ?? Infinity, (performance.now() - start) / 1e3);
    }
  }
  tell({ case: title, metric: 'longest-piece', value: worstOf(least), unit: 's' }, { floor: 0.05, aim: 0.02 });
  await speedLines({ title, workload: 'jumpChain', make: calibrationWorkloads.jumpChain, most: 5 });
}

/** T7, T8, jumps. */
export async function calibrationCases(): Promise<void> {
  await dax();
  await cui();
  await jumps();
}
