/**
 * What alarms cost, how often they are false and how soon they come: `npm run bench -- shift [case ...] [--runs=N]`, `npm run bench -- shift help`.
 *
 * Figures of docs/guide/alarms.md.
 */
import { runLengthCases } from './shift/run-length.ts';
import { speedCases } from './shift/speed.ts';
import { spxCases } from './shift/spx.ts';
import { unchangedCases } from './shift/unchanged.ts';

const HELP = `npm run bench -- shift [case ...] [--runs=N]

cases (default: all, in this order)
  speed          200,000 updates of Adwin and PageHinkley, a drift check of 1e6 rows x 50 features, Kolmogorov-Smirnov of 2 x 1e6 values, with peers when python has them
  spx            alarms on the size of the daily move of the S&P 500, 1990 to 2022
  unchanged      drift checks of quarters of made-up markets that never change: a minute
  run-length     simulated run lengths and delays at 500 and 2,000 updates between false alarms: some four minutes at 100 runs, a quarter of an hour at 400

options
  --runs=N       runs of run-length, each with its own reference (default 100: standard errors of 5 to 15 %; the guide's figures are of 400)

environment
  QUANTWRIGHT_BENCH_PYTHON   python with the peers of speed (default /usr/bin/python3, which sees Debian's python3-scipy)`;

const CASES: Readonly<Record<string, (runs: number) => void | Promise<void>>> = { speed: speedCases, spx: spxCases, unchanged: unchangedCases, 'run-length': runLengthCases };
const RUNS = '--runs=';

export default async function shiftBench(args: readonly string[]): Promise<void> {
  if (args.some((arg) => arg === 'help' || arg === '--help')) {
    console.log(HELP);
    return;
  }
  const runs = Number(args.find((arg) => arg.startsWith(RUNS))?.slice(RUNS.length) ?? 100);
  if (!Number.isInteger(runs) || runs < 2) throw new Error(`bench shift: --runs must be an integer >= 2, got ${runs}`);
  const names = args.filter((arg) => !arg.startsWith(RUNS));
  const unknown = names.find((name) => !Object.hasOwn(CASES, name));
  if (unknown !== undefined) throw new Error(`bench shift: case must be known, got ${unknown}; try help`);
  for (const name of names.length === 0 ? Object.keys(CASES) : names) await CASES[name](runs);
}
