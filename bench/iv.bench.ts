/**
 * Implied volatility against its targets and QuantLib: `npm run bench -- iv [case ...] [--repeats=N]`, `npm run bench -- iv help`.
 */
import { blackCases, blackWorkloads } from './iv/black.ts';
import { calibrationCases, calibrationWorkloads } from './iv/calibration.ts';
import { chainCases, chainWorkloads } from './iv/chain.ts';
import { derivedCases } from './iv/derived.ts';
import { hestonCases, hestonWorkloads } from './iv/heston.ts';
import { impliedVolCases, impliedVolWorkloads } from './iv/implied-vol.ts';
import { closePeers } from './iv/peer.ts';
import { sviCases, sviWorkloads } from './iv/svi.ts';
import { COLD, setRepeats, timed } from './iv/timing.ts';
import type { Workload } from './iv/timing.ts';

const HELP = `npm run bench -- iv [case ...] [--repeats=N]

cases (default: all, in this order)
  black          price and 16 greeks against 60 digits, prices and greeks a second
  implied-vol    every hard row, statuses of prices without a volatility, 1e6 quotes drawn like the SPX chain
  heston         299 prices against 45 digits, the surface of 104 DAX options
  calibration    Heston from 104 DAX volatilities and five starts, and from the 40 prices of Cui 2017
  svi            24 fits of four real smiles beside QuantLib and scipy, formulas against 50 digits
  chain          SPX chain of 17,107 rows: stages, SVI surface, non-parametric surface, eSSVI; violations, share inside bid and ask
  derived        variance swaps, delta quotes, at-the-money shape, local volatility against 50 digits

options
  --repeats=N    calls after warm-up of which the fastest counts, ours and the peer's by turns (default 20)

environment
  QUANTWRIGHT_BENCH_PYTHON   python with the peers (default /usr/bin/python3, which sees Debian's quantlib-python and python3-scipy)

metrics that end in -aim have the ambitious target, the others the floor; cold-seconds are of the first call in a new process`;

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  black: blackCases, 'implied-vol': impliedVolCases, heston: hestonCases, calibration: calibrationCases, svi: sviCases, chain: chainCases, derived: derivedCases,
};
const WORKLOADS: Readonly<Record<string, Workload>> = { ...blackWorkloads, ...impliedVolWorkloads, ...hestonWorkloads, ...calibrationWorkloads, ...sviWorkloads, ...chainWorkloads };
const REPEATS = '--repeats=';

export default async function ivBench(args: readonly string[]): Promise<void> {
  if (args.some((arg) => arg === 'help' || arg === '--help')) {
    console.log(HELP);
    return;
  }
  const cold = args.find((arg) => arg.startsWith(COLD))?.slice(COLD.length);
  if (cold !== undefined) {
    console.log(JSON.stringify(timed(WORKLOADS[cold]())));
    return;
  }
  const repeats = Number(args.find((arg) => arg.startsWith(REPEATS))?.slice(REPEATS.length) ?? 20);
  if (!Number.isInteger(repeats) || repeats < 1) throw new Error(`bench iv: --repeats must be an integer >= 1, got ${repeats}`);
  setRepeats(repeats);
  const names = args.filter((arg) => !arg.startsWith(REPEATS));
  const unknown = names.find((name) => !Object.hasOwn(CASES, name));
  if (unknown !== undefined) throw new Error(`bench iv: case must be known, got ${unknown}; try help`);
  try {
    for (const name of names.length === 0 ? Object.keys(CASES) : names) await CASES[name]();
  } finally {
    closePeers();
  }
}
