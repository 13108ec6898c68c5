/** Three audits a user can run on code of their own: columns that see the future, splits that share time, a universe chosen afterwards. */
import { auditCausality, computeLabel, forwardReturn } from 'quantwright/features';
import { columnOf, inspectPanel, syntheticPanel } from 'quantwright/panel';
import type { Panel } from 'quantwright/panel';
import { auditSplits, holdoutSplit } from 'quantwright/validation';

const bars = syntheticPanel({ entities: 20, sessions: 250, signal: 0.05, seed: 1 });

/** Close less its mean: over the whole sample (wrong) and over the sessions so far (right). */
function demeaned(panel: Panel): Record<string, Float64Array> {
  const close = Float64Array.from(columnOf(panel, 'close'));
  const wholeMean = close.reduce((sum, v) => sum + v, 0) / close.length;
  let sum = 0;
  let count = 0;
  const soFar = new Float64Array(close.length);
  for (let s = 0; s < panel.sessions.length; s++) {
    for (let row = panel.sessionStart[s]; row < panel.sessionStart[s + 1]; row++) [sum, count] = [sum + close[row], count + 1];
    for (let row = panel.sessionStart[s]; row < panel.sessionStart[s + 1]; row++) soFar[row] = close[row] - sum / count;
  }
  return { wholeSample: Float64Array.from(close, (v) => v - wholeMean), soFar };
}
console.log(auditCausality(bars, demeaned));

const spans = { session: bars.session, endSession: computeLabel(bars, forwardReturn({ sessions: 5 })).endSession, sessionCount: bars.sessions.length };
const { development, test } = holdoutSplit(spans, { calibration: 0, test: 0.2 });
const careless = Uint32Array.from(bars.session.keys()).filter((row) => row < test[0] && spans.endSession[row] >= 0); // everything before the test, unpurged
console.log('purged:  ', auditSplits(spans, [{ train: development, test }]));
console.log('careless:', auditSplits(spans, [{ train: careless, test }]));

console.table(inspectPanel(bars).findings.slice(0, 3).map(({ kind, detail }) => ({ kind, detail })));
console.log('Notice that the whole-sample mean and the unpurged rows are named, and that a universe nobody ever leaves is suspect.');
