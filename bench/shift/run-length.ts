/**
 * Updates to a false alarm, and to the alarm after two shifts, of alarms built for a target: simulated, each run with a reference of its own.
 *
 * Beside each the textbook CUSUM with mean and standard deviation of the same reference and the threshold for independent normal values.
 */
import { Adwin, Cusum, cusumForRunLength, DriftAlarm, fitDriftAlarmSync, PageHinkley } from 'quantwright/shift-detection';
import type { DetectorStatus, DriftAlarmOptions } from 'quantwright/shift-detection';
import { randomStream } from '../../src/core/random.ts';
import { report } from '../report.ts';

interface Cell {
  readonly series: 'iid' | 'AR(1) and GARCH(1,1)';
  readonly referenceSize: number;
  readonly targetRunLength: number;
  readonly options?: Partial<DriftAlarmOptions>;
  /** Measures the delays of Adwin and PageHinkley as well, which have seen the reference. */
  readonly withOthers?: boolean;
}

const CELLS: readonly Cell[] = [
  { series: 'iid', referenceSize: 1000, targetRunLength: 500, withOthers: true },
  { series: 'AR(1) and GARCH(1,1)', referenceSize: 1000, targetRunLength: 500, withOthers: true },
  { series: 'iid', referenceSize: 1000, targetRunLength: 500, options: { watch: 'scale', preWhiten: false } },
  { series: 'AR(1) and GARCH(1,1)', referenceSize: 1000, targetRunLength: 500, options: { watch: 'scale', preWhiten: false } },
  { series: 'iid', referenceSize: 2000, targetRunLength: 2000 },
  { series: 'AR(1) and GARCH(1,1)', referenceSize: 2000, targetRunLength: 2000 },
];

// Runs are cut at so many targets; the other detectors' delays at so many updates.
const LONGEST = 30;
const LONGEST_DELAY = 5000;
const REPLICATES = 150; // of the calibration: its own error is part of what is measured

interface Detector {
  update(value: number): DetectorStatus;
}

/** Normal values; with AR(1) of 0.2 whose errors follow GARCH(0.05, 0.94) the standard deviation is 1 / sqrt(1 - 0.04). */
function seriesOf(kind: Cell['series'], seed: number): () => number {
  const { normal } = randomStream(seed, 'sim');
  if (kind === 'iid') return normal;
  let [value, variance, error] = [0, 1, 0];
  const next = (): number => {
    variance = 0.01 + 0.05 * error * error + 0.94 * variance;
    error = Math.sqrt(variance) * normal();
    value = 0.2 * value + error;
    return value;
  };
  for (let i = 0; i < 500; i++) next();
  return next;
}

function updatesToAlarm(detector: Detector, next: () => number, most: number): number {
  for (let t = 1; t <= most; t++) if (detector.update(next()).alarm) return t;
  return most;
}

interface MeanOfRuns {
  readonly mean: number;
  readonly standardError: number;
  readonly atLimit: number;
}

function meanOf(lengths: readonly number[], most: number): MeanOfRuns {
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const variance = lengths.reduce((sum, length) => sum + (length - mean) ** 2, 0) / (lengths.length - 1);
  return { mean, standardError: Math.sqrt(variance / lengths.length), atLimit: lengths.filter((length) => length >= most).length / lengths.length };
}

const SHIFTS = { 'run-length': (value: number): number => value, 'delay, mean + 0.5 sd': (value: number, sd: number): number => value + 0.5 * sd, 'delay, variance x 1.5': (value: number): number => value * Math.sqrt(1.5) } as const;
type Shift = keyof typeof SHIFTS;

// Lengths of the runs of one detector after each shift.
type Lengths = Record<Shift, number[]>;
const noLengths = (): Lengths => ({ 'run-length': [], 'delay, mean + 0.5 sd': [], 'delay, variance x 1.5': [] });

function simulate({ series, referenceSize, targetRunLength, options = {}, withOthers = false }: Cell, runs: number): Readonly<Record<string, Lengths>> {
  const { slack, threshold } = cusumForRunLength({ targetRunLength });
  const sd = series === 'iid' ? 1 : 1 / Math.sqrt(0.96);
  const found: Record<string, Lengths> = {};
  for (let run = 0; run < runs; run++) {
    const reference = Float64Array.from({ length: referenceSize }, seriesOf(series, run));
    const mean = reference.reduce((sum, value) => sum + value / referenceSize, 0);
    const standardDeviation = Math.sqrt(reference.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (referenceSize - 1));
    const fit = fitDriftAlarmSync(reference, { targetRunLength, seed: run, replicates: REPLICATES, ...options });
    const after = <D extends Detector>(detector: D): D => {
      for (const value of reference) detector.update(value);
      return detector;
    };
    const detectors: Record<string, () => Detector> = {
      DriftAlarm: () => new DriftAlarm(fit),
      Cusum: () => new Cusum({ slack, threshold, mean, standardDeviation }),
      ...(withOthers && { Adwin: () => after(new Adwin()), PageHinkley: () => after(new PageHinkley()) }),
    };
    for (const [name, make] of Object.entries(detectors)) {
      found[name] ??= noLengths();
      const isOther = name === 'Adwin' || name === 'PageHinkley';
      for (const shift of Object.keys(SHIFTS) as Shift[]) {
        if (isOther && shift === 'run-length') continue;
        // The same future for all: what comes after the reference.
        const future = seriesOf(series, run);
        for (let i = 0; i < referenceSize; i++) future();
        found[name][shift].push(updatesToAlarm(make(), () => SHIFTS[shift](future(), sd), isOther ? LONGEST_DELAY : LONGEST * targetRunLength));
      }
    }
  }
  return found;
}

/** Run lengths and delays at both targets; `met` says something from 400 runs on. */
export function runLengthCases(runs: number): void {
  for (const cell of CELLS) {
    const { series, referenceSize, targetRunLength, options } = cell;
    const title = `${series}, ${referenceSize} values of reference, target ${targetRunLength}${options?.watch === 'scale' ? ', watching the scale' : ''}, ${runs} runs`;
    const { DriftAlarm: ours, Cusum: plain, ...others } = simulate(cell, runs);
    for (const shift of Object.keys(SHIFTS) as Shift[]) {
      const most = LONGEST * targetRunLength;
      const [own, peer] = [meanOf(ours[shift], most), meanOf(plain[shift], most)];
      const factor = own.mean / targetRunLength;
      const met = series === 'iid' ? Math.abs(factor - 1) <= 0.2 : factor >= 0.5 && factor <= 2;
      const line = { bench: 'shift', unit: 'updates', peer: 'Cusum for independent values' } as const;
      report({ ...line, case: title, metric: shift, value: own.mean, peerValue: peer.mean, ...(shift === 'run-length' && { target: targetRunLength, met }) });
      report({ ...line, case: title, metric: `${shift}, standard error`, value: own.standardError, peerValue: peer.standardError });
      for (const [name, lengths] of Object.entries(others)) {
        if (lengths[shift].length === 0) continue;
        const { mean, standardError, atLimit } = meanOf(lengths[shift], LONGEST_DELAY);
        const about = { bench: 'shift', case: `${name} after ${referenceSize} values, ${series}, ${runs} runs`, unit: 'updates' } as const;
        report({ ...about, metric: shift, value: mean });
        report({ ...about, metric: `${shift}, standard error`, value: standardError });
        if (atLimit > 0) report({ ...about, metric: `${shift}, not within ${LONGEST_DELAY}`, value: atLimit, unit: 'share' });
      }
    }
  }
}
