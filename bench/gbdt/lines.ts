/** Lines of the booster's benchmark. Their target is a bound of value / peerValue where `judgeRatio` prints them. */
import { report } from '../report.ts';
import type { BenchLine } from '../report.ts';

export type Line = Omit<BenchLine, 'bench' | 'ratio' | 'met' | 'value'> & { readonly value: number | null };

/** A number without a verdict: `met` is null when there is a target that could not be judged, as without a peer. */
export function tell(line: Line): void {
  if (line.value === null || line.target !== undefined) {
    const { better: _better, ...printed } = line;
    console.log(JSON.stringify({ bench: 'gbdt', ...printed, met: null }));
  } else report({ bench: 'gbdt', ...line, value: line.value });
}

/** A number and a peer's; `target` bounds their ratio. */
export function judgeRatio(line: Line & { readonly value: number; readonly target: number }): void {
  const { value, peerValue, target, better } = line;
  if (peerValue === undefined) tell(line);
  else report({ bench: 'gbdt', ...line, met: better === 'at-least' ? value >= target * peerValue : value <= target * peerValue });
}

/** A number with a verdict of the caller's, or `value` held against `target`. */
export function judge(line: Line & { readonly value: number }, met?: boolean): void {
  report({ bench: 'gbdt', ...line, ...(met === undefined ? {} : { met }) });
}
