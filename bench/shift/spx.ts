/** Alarms on the size of the daily move of the S&P 500: those of a stated run length beside the detectors for independent values. */
import { dailyMoves, DETECTORS, REFERENCE_DAYS, TARGET_DAYS } from '../../examples/spx-shift.ts';
import type { DetectorName } from '../../examples/spx-shift.ts';
import { report } from '../report.ts';

const DAYS_A_DECADE = 2520;

// Counts of river's detectors and of the textbook chart on the same series.
const SAME_AS: Partial<Record<DetectorName, readonly [peer: string, count: number]>> = { 'Adwin': ['river', 11], 'PageHinkley': ['river', 20], 'Cusum, threshold 8': ['textbook', 151] };

/** Alarms of each detector of the example, in all and a decade. */
export function spxCases(): void {
  const { moves } = dailyMoves();
  report({ bench: 'shift', case: 'SPX 1990-2022, chance at the target', metric: 'alarms-a-decade', value: DAYS_A_DECADE / TARGET_DAYS, unit: 'alarms' });
  for (const name of Object.keys(DETECTORS) as DetectorName[]) {
    const count = DETECTORS[name](moves).length;
    const [peer, peerValue] = SAME_AS[name] ?? [];
    const days = moves.length - (peer === undefined ? REFERENCE_DAYS : 0);
    report({ bench: 'shift', case: `SPX 1990-2022, ${name}`, metric: 'alarms', value: count, unit: 'alarms', ...(peer !== undefined && peerValue !== undefined && { peer, peerValue, met: count === peerValue }) });
    report({ bench: 'shift', case: `SPX 1990-2022, ${name}`, metric: 'alarms-a-decade', value: (count * DAYS_A_DECADE) / days, unit: 'alarms' });
  }
}
