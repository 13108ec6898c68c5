/** Lines of results against a floor, which must be met, and an aim. */
import { report } from '../report.ts';
import type { BenchLine } from '../report.ts';
import type { Peer } from './peer.ts';
import { coldSeconds, fastest } from './timing.ts';
import type { Times, Workload } from './timing.ts';

export interface Targets {
  readonly floor?: number;
  readonly aim?: number;
}

type Line = Omit<BenchLine, 'bench' | 'target' | 'met'>;

/** One line with the floor as target, one more with the aim where there is one. */
export function tell(line: Line, { floor, aim }: Targets = {}): void {
  if (floor !== undefined || aim === undefined) report({ bench: 'iv', ...line, ...(floor !== undefined && { target: floor }) });
  if (aim !== undefined) report({ bench: 'iv', ...line, metric: `${line.metric}-aim`, target: aim });
}

export interface SpeedCase {
  readonly title: string;
  /** Its name among the workloads, for the cold time. */
  readonly workload: string;
  readonly make: Workload;
  /** What a call does so many of, and their name; without it seconds of the call are told. */
  readonly count?: number;
  readonly unit?: string;
  readonly peer?: Peer | null;
  /** Of seconds. */
  readonly seconds?: Targets;
  /** Of the rate. */
  readonly rate?: Targets;
  /** Of the peer's time over ours, both by count. */
  readonly speedUp?: Targets;
  /** Fewer calls than usual. */
  readonly most?: number;
}

/** Times a workload beside its peer: rate or seconds, how many times as fast, processor seconds, cold seconds. */
export async function speedLines(speed: SpeedCase): Promise<Times> {
  const { title, workload, make, count = 1, unit, peer = null } = speed;
  const cold = await coldSeconds(workload);
  const { ours, theirs } = await fastest(make(), peer, speed.most);
  const line = { case: title, ...(peer && { peer: peer.name }) };
  const beside = (ofPeer: number | undefined): { peerValue?: number } => (ofPeer === undefined ? {} : { peerValue: ofPeer });
  const scale = peer === null ? 1 : count / peer.count; // a peer may do fewer of them in a call
  if (unit !== undefined) {
    tell({ ...line, metric: 'rate', value: count / ours.seconds, unit: `${unit}/s`, better: 'at-least', ...(peer && beside(theirs === null ? undefined : peer.count / theirs.seconds)) }, speed.rate);
  }
  if (unit === undefined || speed.seconds !== undefined) tell({ ...line, metric: 'seconds', value: ours.seconds, unit: 's', ...beside(theirs?.seconds && scale * theirs.seconds) }, speed.seconds);
  if (theirs !== null) tell({ case: title, metric: 'speed-up', value: (scale * theirs.seconds) / ours.seconds, unit: 'times', better: 'at-least' }, speed.speedUp);
  tell({ ...line, metric: 'cpu-seconds', value: ours.cpuSeconds, unit: 's', ...beside(theirs?.cpuSeconds && scale * theirs.cpuSeconds) });
  tell({ ...line, metric: 'cold-seconds', value: cold, unit: 's', ...beside(peer ? scale * peer.coldSeconds : undefined) });
  return ours;
}
