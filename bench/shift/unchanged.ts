/**
 * How often a drift check finds drift where there is none: quarters of made-up markets that never change, against the 700 sessions before.
 *
 * Volatility comes in clusters, its shocks halve in 34 sessions, and features look back up to 147 sessions: rows depend on each other in every way that they do in a market.
 */
import { computeFeatures } from 'quantwright/features';
import { syntheticPanel } from 'quantwright/panel';
import { buildDriftReferenceSync, checkDriftSync } from 'quantwright/shift-detection';
import type { DriftData } from 'quantwright/shift-detection';
import { marketFeatures, stockFeatures } from '../../examples/us120-features.ts';
import { report } from '../report.ts';

const MARKETS = 40;
const SESSIONS = 1100;
const REFERENCE = [150, 850] as const; // features need 147 sessions
const QUARTERS = [[850, 913], [913, 976], [976, 1039]] as const;
const STATED = 0.05;

// Dollar volume follows the price, which wanders.
const { dv21: _dv21, ...stationary } = stockFeatures;
const FEATURES = { ...stationary, ...marketFeatures };

interface Way {
  readonly name: string;
  readonly withSessions: boolean;
  readonly blockSessions?: number;
}

const WAYS: readonly Way[] = [
  { name: 'rows taken as independent', withSessions: false },
  { name: 'blocks of 70 sessions, the default here', withSessions: true },
  { name: 'blocks of 28 sessions', withSessions: true, blockSessions: 28 },
];

/** Share of unchanged quarters with a drifted feature, and with the level significant. */
export function unchangedCases(): void {
  const drifted = WAYS.map(() => 0);
  const significant = WAYS.map(() => 0);
  for (let seed = 0; seed < MARKETS; seed++) {
    const market = syntheticPanel({ entities: 50, sessions: SESSIONS, seed });
    const { names, columns } = computeFeatures(market, FEATURES);
    const part = ([first, end]: readonly [number, number]): Required<Pick<DriftData, 'names' | 'columns' | 'sessions'>> => {
      const [from, to] = [market.sessionStart[first], market.sessionStart[end]];
      return { names, columns: columns.map((column) => column.subarray(from, to)), sessions: market.session.subarray(from, to) };
    };
    const before = part(REFERENCE);
    const quarters = QUARTERS.map(part);
    WAYS.forEach(({ withSessions, blockSessions }, way) => {
      const seen = ({ sessions, ...rest }: typeof before): DriftData => (withSessions ? { ...rest, sessions } : rest);
      const reference = buildDriftReferenceSync(seen(before), blockSessions === undefined ? {} : { blockSessions });
      for (const quarter of quarters) {
        const { drifted: found, level } = checkDriftSync(reference, seen(quarter));
        if (found.length > 0) drifted[way]++;
        if (level === 'significant') significant[way]++;
      }
    });
  }
  const quarters = MARKETS * QUARTERS.length;
  WAYS.forEach(({ name }, way) => {
    const line = { bench: 'shift', case: `${quarters} quarters of unchanged markets, ${name}`, unit: 'share' } as const;
    report({ ...line, metric: 'quarters-with-drift', value: drifted[way] / quarters, ...(WAYS[way].withSessions && { target: STATED }) });
    report({ ...line, metric: 'quarters-significant', value: significant[way] / quarters });
  });
}
