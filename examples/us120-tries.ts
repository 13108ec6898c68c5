/** One idea tried 26 times: hold the winners or the losers of the last n sessions against the others, for a day. */
import { computeFeatures, computeLabel, forwardReturn, logReturn } from 'quantwright/features';
import { meanByGroup, quantileWeights } from 'quantwright/metrics';
import type { Panel } from 'quantwright/panel';

const LOOK_BACKS = [2, 3, 4, 5, 7, 10, 15, 21, 30, 42, 63, 90, 126];

export interface Try {
  readonly name: string;
  /** Daily log return of the top fifth less the bottom fifth, before costs, from the first session that every try has. */
  readonly returns: Float64Array;
}

/** The tries on a panel of daily bars. */
export function momentumTries(bars: Panel): Try[] {
  const { columns } = computeFeatures(bars, Object.fromEntries(LOOK_BACKS.map((n) => [`ret${n}`, logReturn(n)])));
  const nextDay = computeLabel(bars, forwardReturn({ sessions: 1 })).values;
  return LOOK_BACKS.flatMap((n, k) => [-1, 1].map((sign) => {
    const { weights } = quantileWeights(columns[k].map((x) => sign * x), bars.session);
    const held = meanByGroup(weights.map((weight, i) => weight * nextDay[i]), bars.session);
    return { name: `${sign < 0 ? 'losers' : 'winners'} of ${n} sessions`, returns: Float64Array.from(held, (session) => session.mean * session.n).subarray(Math.max(...LOOK_BACKS)) };
  }));
}
