/**
 * Intervals and calibrators on real data, and their speed: `npm run bench -- uncertainty [case ...]`, `npm run bench -- uncertainty help`.
 *
 * Figures of docs/guide/intervals.md and docs/guide/calibration.md.
 */
import { calibrationCases } from './uncertainty/calibration.ts';
import { speedCases } from './uncertainty/speed.ts';
import { spxCases } from './uncertainty/spx.ts';
import { us120Cases } from './uncertainty/us120.ts';

const HELP = `npm run bench -- uncertainty [case ...]

cases (default: all, in this order)
  speed          isotonic regression and Spearman's correlation of 1e6 rows, ACI over 19,500 steps, with peers when python has them
  spx            next-day intervals of the S&P 500, 2000 to 2022
  calibration    the chosen calibrator against the best single one
  us120          return and log volatility of 120 stocks over five sessions, fixed and live intervals; trains two ensembles

environment
  QUANTWRIGHT_BENCH_PYTHON   python with the peers of speed (default /usr/bin/python3, which sees Debian's python3-sklearn)`;

const CASES: Readonly<Record<string, () => void | Promise<void>>> = { speed: speedCases, spx: spxCases, calibration: calibrationCases, us120: us120Cases };

export default async function uncertaintyBench(args: readonly string[]): Promise<void> {
  if (args.some((arg) => arg === 'help' || arg === '--help')) {
    console.log(HELP);
    return;
  }
  const unknown = args.find((arg) => !Object.hasOwn(CASES, arg));
  if (unknown !== undefined) throw new Error(`bench uncertainty: case must be known, got ${unknown}; try help`);
  for (const name of args.length === 0 ? Object.keys(CASES) : args) await CASES[name]();
}
