/** Which scale makes the sharpest honest intervals, judged forward in time on calibration rows. */
import { requireInteger, requireKnownKeys, requireSameLength } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { argsort } from '../core/sort.ts';
import { fitConformal } from './fit.ts';
import { halfWidthOf } from './interval.ts';
import { conformalRank, requireAlpha } from './radius.ts';

export interface DispersionRows {
  /** Actual minus predicted, shape (n); NaN is missing. */
  readonly residuals: ArrayLike<number>;
  /** Scales to compare with a constant one, each of shape (n). The name `constant` is taken. */
  readonly candidates: Readonly<Record<string, ArrayLike<number>>>;
  /** Session code or time of each row, shape (n); rows in any order. */
  readonly sessions: ArrayLike<number>;
}

export interface ChooseDispersionOptions {
  /** Miscoverage level in (0, 1). @default 0.1 */
  readonly alpha?: number;
  /** Sessions left out between the rows a radius is fitted on and those it is judged on; give the label's horizon. @default 0 */
  readonly gapSessions?: number;
}

/** How one scale did on the later rows. */
export interface DispersionScore {
  readonly name: string;
  /** Mean Winkler (interval) score in units of the outcome, lower is better: width plus 2 / alpha times the miss. */
  readonly winkler: number;
  /** Share of outcomes inside. */
  readonly coverage: number;
  readonly meanWidth: number;
  /** Judged rows, the same for every candidate. */
  readonly rows: number;
}

export interface DispersionChoice {
  /** `constant` or the name of a candidate. */
  readonly name: string;
  /** `too-few-rows`: no scale could be judged, so `constant`. */
  readonly reason: 'lowest-winkler' | 'too-few-rows';
  /** `constant` first, then the candidates in their order. */
  readonly table: readonly DispersionScore[];
}

const BLOCKS = 5;

/**
 * Chooses the dispersion of a normalised interval by time-ordered cross-evaluation.
 *
 * The sessions are cut into five blocks. Each of the last four is judged with radii fitted on all sessions before it, so that no scale is
 * judged by rows it was fitted on. A block is skipped while the rows before it cannot give a finite radius. Ties go to the earlier row of the table.
 *
 * @throws ShapeError for arrays of different lengths; DomainError for a missing session or a candidate called `constant`
 * @see Gneiting and Raftery (2007), "Strictly proper scoring rules", eq. 43 (interval score)
 * @example chooseDispersion({ residuals, candidates: { vol21 }, sessions }, { alpha: 0.1, gapSessions: 5 }).name
 */
export function chooseDispersion(rows: DispersionRows, options: ChooseDispersionOptions = {}): DispersionChoice {
  const fn = 'chooseDispersion';
  requireKnownKeys(fn, rows, ['residuals', 'candidates', 'sessions']);
  requireKnownKeys(fn, options, ['alpha', 'gapSessions']);
  const { residuals, candidates, sessions } = rows;
  const { alpha = 0.1, gapSessions = 0 } = options;
  requireAlpha(fn, alpha);
  requireInteger(fn, 'gapSessions', gapSessions, { min: 0 });
  if (Object.hasOwn(candidates, 'constant')) throw new DomainError(`${fn}: candidates must not be called "constant", the name of the scale 1`);
  requireSameLength(fn, { residuals, sessions, ...candidates });

  const { rank, count } = sessionRanks(fn, sessions);
  const starts = Array.from({ length: BLOCKS + 1 }, (_, b) => Math.floor((count * b) / BLOCKS));
  const table = [undefined, ...Object.keys(candidates)].map((name) => {
    let [winkler, covered, width, judged] = [0, 0, 0, 0];
    for (let b = 1; b < BLOCKS; b++) {
      const earlier = rowsWhere(rank, residuals, (r) => r < starts[b] - gapSessions);
      if (conformalRank(earlier.length, alpha) > earlier.length) continue;
      const pick = (values: ArrayLike<number>): Float64Array => Float64Array.from(earlier, (i) => values[i]);
      const scale = name === undefined ? undefined : candidates[name];
      const fit = fitConformal({ residuals: pick(residuals), ...(scale && { dispersion: pick(scale) }) }, { alpha });
      for (const i of rowsWhere(rank, residuals, (r) => r >= starts[b] && r < starts[b + 1])) {
        const [halfWidth] = halfWidthOf(fn, fit, scale === undefined ? 1 : scale[i], 0);
        const miss = Math.max(0, Math.abs(residuals[i]) - halfWidth);
        winkler += 2 * halfWidth + (2 / alpha) * miss;
        width += 2 * halfWidth;
        covered += miss === 0 ? 1 : 0;
        judged++;
      }
    }
    return Object.freeze({ name: name ?? 'constant', winkler: winkler / judged, coverage: covered / judged, meanWidth: width / judged, rows: judged });
  });
  const best = table.reduce((a, b) => (b.winkler < a.winkler ? b : a));
  return Object.freeze({ name: best.name, reason: best.winkler < Infinity ? 'lowest-winkler' : 'too-few-rows', table: Object.freeze(table) });
}

// 0 for the first distinct session, 1 for the second ...
function sessionRanks(fn: string, sessions: ArrayLike<number>): { rank: Uint32Array; count: number } {
  const rank = new Uint32Array(sessions.length);
  let count = 0;
  let last = NaN;
  for (const i of argsort(sessions)) {
    if (sessions[i] !== sessions[i]) throw new DomainError(`${fn}: sessions must not be missing, got NaN at row ${i}`);
    if (sessions[i] !== last) [last, count] = [sessions[i], count + 1];
    rank[i] = count - 1;
  }
  return { rank, count };
}

function rowsWhere(rank: Uint32Array, residuals: ArrayLike<number>, inside: (rank: number) => boolean): number[] {
  const rows: number[] = [];
  for (let i = 0; i < rank.length; i++) if (residuals[i] === residuals[i] && inside(rank[i])) rows.push(i);
  return rows;
}
