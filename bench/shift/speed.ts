/** Loops that see every value, beside river, numpy and scipy. */
import { join } from 'node:path';
import { Adwin, buildDriftReferenceSync, checkDriftSync, kolmogorovSmirnov, PageHinkley } from 'quantwright/shift-detection';
import { randomStream } from '../../src/core/random.ts';
import { speedLines } from '../speed-cases.ts';
import type { SpeedCase } from '../speed-cases.ts';

const UPDATES = 200_000;
const ROWS = 1_000_000;
const FEATURES = 50;

/** Updates of two detectors, a drift check of all features of a large panel, and a test of two large samples. */
export async function speedCases(): Promise<void> {
  await speedLines('shift', CASES, join(import.meta.dirname, 'peer.py'));
}

function normals(size: number, label: string): Float64Array {
  const { normal } = randomStream(1, label);
  return Float64Array.from({ length: size }, normal);
}

const CASES: Readonly<Record<string, () => SpeedCase>> = {
  pageHinkley: () => {
    const values = normals(UPDATES, 'stream');
    return { title: 'PageHinkley, 200,000 updates', target: 0.02, run: () => new PageHinkley().updateMany(values) };
  },
  adwin: () => {
    const values = normals(UPDATES, 'stream');
    return { title: 'Adwin, 200,000 updates', target: 0.1, run: () => new Adwin().updateMany(values) };
  },
  psi: () => {
    const names = Array.from({ length: FEATURES }, (_, j) => `f${j}`);
    const columns = names.map((name) => normals(ROWS, name));
    const reference = buildDriftReferenceSync({ names, columns });
    return { title: 'checkDrift, 1e6 rows x 50 features', target: 1, run: () => checkDriftSync(reference, { names, columns }) };
  },
  kolmogorovSmirnov: () => {
    const [a, b] = [normals(ROWS, 'first'), normals(ROWS, 'second')];
    return { title: 'kolmogorovSmirnov, 2 x 1e6 values', target: 0.25, run: () => kolmogorovSmirnov(a, b) };
  },
};
