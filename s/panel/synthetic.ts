/** A made-up market with a known signal, for examples and tests. */
import { requireInteger, requireKnownKeys, requireNumber } from '../core/assert.ts';
import { QuantwrightError } from '../core/errors.ts';
import { type RandomStream, randomStream } from '../core/random.ts';
import { averageRanks } from '../core/sort.ts';
import { parseTime } from '../core/time.ts';
import { panelFromColumns } from './from-columns.ts';
import type { Panel } from './types.ts';

/** What market to make up. */
export interface SyntheticPanelOptions {
  /** Number of entities, at least 1; with `listedAndDelisted` at most so many appear. */
  readonly entities: number;
  /** Number of sessions, at least 1: weekdays from `start`. */
  readonly sessions: number;
  /** Mean rank correlation, per session, of minus the trailing 5-session return with the next 5-session return; in [0, 0.2]. @default 0 */
  readonly signal?: number;
  /** Any 32-bit integer. */
  readonly seed: number;
  /** First day; a weekend moves to Monday. @default '2015-01-01' */
  readonly start?: string;
  /** Share of the entities, in [0, 1], with a life span that begins later or ends; half of each. The first entity is always there. @default 0 */
  readonly listedAndDelisted?: number;
}

const DAY = 86_400_000;
const MAX_ROWS = 20_000_000;

// GARCH(1,1) with persistence 0.98: shocks to variance halve in 34 sessions, and with Student t(5) draws the fourth moment exists.
const ARCH = 0.06;
const GARCH = 0.92;
const TAIL_DEGREES_OF_FREEDOM = 5;
const MARKET_DRIFT = 0.0003; // per session, 7.6 % in 252
const MARKET_VOL = 0.008; // per session, 13 % in 252

const TRAILING = 5;
// Makes the mean rank correlation equal to `signal`. Measured on 12 seeds of 200 entities x 1000 sessions: signal 0, 0.05, 0.1, 0.2 give
// -0.002, 0.051, 0.100, 0.187 (standard error 0.001). One seed of 50 x 1000 scatters around that with standard deviation 0.010.
const SIGNAL_SCALE = 0.75;

/**
 * Daily bars (open, high, low, close, volume) of a market with volatility clustering, heavy tails and a planted reversal.
 *
 * The log return of entity i in session t is `beta_i m(t) + e_i(t)`: a market factor and own shocks, each GARCH(1,1) with Student t(5)
 * draws of unit variance, so volatility is predictable from the past. The signal is in the mean of the own shock of session t + 1,
 * `0.75 * signal * vol_i(t + 1) * s_i(t)`, where s is minus the standardised cross-sectional rank of the log return over the five sessions
 * up to t. `signal: 0` plants nothing. Entered at the next open the correlation is 7 to 10 % smaller: part of the move is overnight.
 * Volume rises with volatility and with the size of the move.
 *
 * Draws are made session by session from one stream per entity: more sessions never change earlier ones.
 *
 * @example syntheticPanel({ entities: 50, sessions: 1000, signal: 0.05, seed: 7 })
 */
export function syntheticPanel(options: SyntheticPanelOptions): Panel {
  const fn = 'syntheticPanel';
  requireKnownKeys(fn, options, ['entities', 'sessions', 'signal', 'seed', 'start', 'listedAndDelisted']);
  const entities = requireInteger(fn, 'entities', options.entities, { min: 1 });
  const sessions = requireInteger(fn, 'sessions', options.sessions, { min: 1 });
  const signal = requireNumber(fn, 'signal', options.signal ?? 0, { min: 0, max: 0.2 });
  const seed = requireInteger(fn, 'seed', options.seed, { min: -2147483648, max: 4294967295 });
  const share = requireNumber(fn, 'listedAndDelisted', options.listedAndDelisted ?? 0, { min: 0, max: 1 });
  const limit = MAX_ROWS;
  if (entities * sessions > limit) throw new QuantwrightError('ERR_LIMIT', `${fn}: entities * sessions must be at most ${limit}, got ${entities * sessions}`, { details: { limit } });
  const times = weekdays(parseTime(fn, 'start', options.start ?? '2015-01-01'), sessions);

  const market = makeShocks(randomStream(seed, 'market'), MARKET_VOL);
  const digits = Math.max(3, String(entities - 1).length);
  const stocks = Array.from({ length: entities }, (_, i) => makeStock(randomStream(seed, `entity ${i}`), `S${String(i).padStart(digits, '0')}`, i === 0 ? 0 : share));
  const bars = { time: [] as number[], entity: [] as string[], open: [] as number[], high: [] as number[], low: [] as number[], close: [] as number[], volume: [] as number[] };
  for (let t = 0; t < sessions; t++) {
    const marketReturn = MARKET_DRIFT + nextShock(market);
    const alive = stocks.filter((stock) => t >= stock.firstSession && t <= stock.lastSession);
    const pulls = reversalPulls(alive);
    alive.forEach((stock, i) => {
      const bar = nextBar(stock, marketReturn, SIGNAL_SCALE * signal * pulls[i]);
      bars.time.push(times[t]);
      bars.entity.push(stock.name);
      bars.open.push(bar.open);
      bars.high.push(bar.high);
      bars.low.push(bar.low);
      bars.close.push(bar.close);
      bars.volume.push(bar.volume);
    });
  }
  return panelFromColumns(bars, { entity: 'entity', time: 'time' });
}

function weekdays(start: number, count: number): number[] {
  const days: number[] = [];
  for (let day = Math.floor(start / DAY); days.length < count; day++) {
    const weekday = (((day + 4) % 7) + 7) % 7; // 1970-01-01 was a Thursday; 0 is Sunday
    if (weekday !== 0 && weekday !== 6) days.push(day * DAY);
  }
  return days;
}

/** A GARCH(1,1) process of zero mean. */
interface Shocks {
  readonly random: RandomStream;
  readonly longRunVariance: number;
  variance: number;
}

function makeShocks(random: RandomStream, vol: number): Shocks {
  return { random, longRunVariance: vol * vol, variance: vol * vol };
}

function nextShock(shocks: Shocks): number {
  const e = Math.sqrt(shocks.variance) * shocks.random.studentT(TAIL_DEGREES_OF_FREEDOM);
  shocks.variance = (1 - ARCH - GARCH) * shocks.longRunVariance + ARCH * e * e + GARCH * shocks.variance;
  return e;
}

interface Stock {
  readonly name: string;
  readonly random: RandomStream;
  readonly shocks: Shocks;
  readonly beta: number;
  readonly meanLogVolume: number;
  readonly firstSession: number;
  readonly lastSession: number;
  /** The newest log returns, at most {@link TRAILING}. */
  readonly trailing: number[];
  close: number;
}

function makeStock(random: RandomStream, name: string, share: number): Stock {
  const traits = random.fork('traits');
  const beta = 0.6 + 0.8 * traits.uniform();
  const vol = 0.009 * Math.exp(0.9 * traits.uniform()); // own vol of 14 to 35 % in 252 sessions
  const close = 20 * Math.exp(2 * traits.uniform());
  const meanLogVolume = 12 + 3 * traits.uniform();
  const comesOrGoes = traits.uniform() < share;
  const listedLate = traits.uniform() < 0.5;
  const session = 20 + Math.floor(-400 * Math.log(1 - traits.uniform())); // not a share of `sessions`, which must not change the past
  return {
    name,
    random: random.fork('bars'),
    shocks: makeShocks(random.fork('shocks'), vol),
    beta,
    meanLogVolume,
    firstSession: comesOrGoes && listedLate ? session : 0,
    lastSession: comesOrGoes && !listedLate ? session : Number.MAX_SAFE_INTEGER,
    trailing: [],
    close,
  };
}

// Minus the standardised rank of the trailing return; 0 for an entity too young to have one.
function reversalPulls(stocks: readonly Stock[]): Float64Array {
  const trailing = stocks.map((stock) => (stock.trailing.length < TRAILING ? NaN : stock.trailing.reduce((sum, r) => sum + r, 0)));
  const ranked = trailing.filter((r) => r === r).length;
  const deviation = Math.sqrt((ranked * ranked - 1) / 12);
  return averageRanks(trailing).map((rank) => (rank === rank && ranked > 1 ? -(rank - (ranked + 1) / 2) / deviation : 0));
}

interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

function nextBar(stock: Stock, marketReturn: number, pull: number): Bar {
  const { random, beta } = stock;
  const ownVol = Math.sqrt(stock.shocks.variance);
  const totalReturn = beta * marketReturn + nextShock(stock.shocks) + pull * ownVol;
  const vol = Math.hypot(ownVol, beta * MARKET_VOL);
  const open = stock.close * Math.exp(0.3 * totalReturn + 0.3 * vol * random.normal());
  const close = stock.close * Math.exp(totalReturn);
  const high = Math.max(open, close) * Math.exp(0.4 * vol * Math.abs(random.normal()));
  const low = Math.min(open, close) * Math.exp(-0.4 * vol * Math.abs(random.normal()));
  const activity = 0.8 * Math.log(ownVol / Math.sqrt(stock.shocks.longRunVariance)) + 0.3 * Math.min(5, Math.abs(totalReturn) / vol) + 0.25 * random.normal();
  stock.trailing.push(totalReturn);
  if (stock.trailing.length > TRAILING) stock.trailing.shift();
  stock.close = close;
  return { open, high, low, close, volume: Math.max(1, Math.round(Math.exp(stock.meanLogVolume + activity))) };
}
