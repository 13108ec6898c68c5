/** Is this data fit to learn from? */
import { requireInteger, requireKnownKeys, requireNumber, requireText, unknownName } from '../core/assert.ts';
import { printable, textTable } from '../core/inspect.ts';
import { entityRows as rowsOfEntities } from './entity-rows.ts';
import { panelSentence } from './finish.ts';
import { findInconsistentBars, findRuns } from './inspect-bars.ts';
import { findAbsentSessions, findCalendarGaps, findConstantUniverse, lifeSpansOf } from './inspect-calendar.ts';
import { findDuplicateCloses, findJumps, findStale } from './inspect-closes.ts';
import type { Finding, FindingKind, InspectPanelOptions, PanelInspection } from './inspection-types.ts';
import type { Column, Panel } from './types.ts';

const KINDS: readonly FindingKind[] = ['survivorship-suspect', 'nonpositive-price', 'ohlc-inconsistent', 'negative-volume', 'jump', 'duplicate-closes', 'stale', 'zero-volume', 'absent-sessions', 'calendar-gap'];

/**
 * What is odd in a panel of bars: gaps, jumps, stale and duplicate closes, zero volume, impossible bars, life spans, a constant universe.
 *
 * Nothing is repaired and nothing is thrown for what is found: each finding is a row for a person to judge. An entity with fewer than 20
 * returns has no jumps, a panel with fewer than 20 gaps no calendar gaps. A check whose column is absent is listed in `skipped`.
 *
 * @throws QuantwrightError `ERR_UNKNOWN_NAME` when a column named in the options does not exist
 * @example console.table(inspectPanel(panel).findings)
 */
export function inspectPanel(panel: Panel, options: InspectPanelOptions = {}): PanelInspection {
  const fn = 'inspectPanel';
  requireKnownKeys(fn, options, ['closeColumn', 'openColumn', 'highColumn', 'lowColumn', 'volumeColumn', 'jumpSigma', 'staleRows', 'duplicateSessions', 'maxFindings']);
  const jumpSigma = requireNumber(fn, 'jumpSigma', options.jumpSigma ?? 8, { min: 1 });
  const staleRows = requireInteger(fn, 'staleRows', options.staleRows ?? 5, { min: 2 });
  const duplicateSessions = requireInteger(fn, 'duplicateSessions', options.duplicateSessions ?? 20, { min: 1 });
  const maxFindings = requireInteger(fn, 'maxFindings', options.maxFindings ?? 1000, { min: 1 });

  const skipped: { check: string; reason: string }[] = [];
  const pick = (option: keyof InspectPanelOptions, name: string): Column | undefined => {
    const chosen = requireText(fn, option, options[option] ?? name);
    if (Object.hasOwn(panel.columns, chosen)) return panel.columns[chosen];
    if (options[option] !== undefined) throw unknownName(fn, 'column', chosen, Object.keys(panel.columns));
    skipped.push({ check: `checks of ${name}`, reason: `the panel has no column ${JSON.stringify(name)}` });
    return undefined;
  };
  const close = pick('closeColumn', 'close');
  const open = pick('openColumn', 'open');
  const high = pick('highColumn', 'high');
  const low = pick('lowColumn', 'low');
  const volume = pick('volumeColumn', 'volume');

  const entityRows = rowsOfEntities(panel);
  const found: Finding[] = [...findConstantUniverse(panel), ...findAbsentSessions(panel, entityRows), ...findCalendarGaps(panel)];
  const add = (more: readonly Finding[]): void => {
    for (const finding of more) found.push(finding);
  };
  for (const [name, prices] of Object.entries({ open, high, low, close })) if (prices !== undefined) add(findRuns(panel, entityRows, 'nonpositive-price', (row) => prices[row] <= 0, `${name} of 0 or less`));
  add(findInconsistentBars(panel, { ...(open && { open }), ...(high && { high }), ...(low && { low }), ...(close && { close }) }));
  if (volume !== undefined) {
    add(findRuns(panel, entityRows, 'zero-volume', (row) => volume[row] === 0, 'volume 0'));
    add(findRuns(panel, entityRows, 'negative-volume', (row) => volume[row] < 0, 'volume below 0'));
  }
  if (close !== undefined) {
    add(findJumps(panel, entityRows, close, jumpSigma));
    add(findStale(panel, entityRows, close, staleRows));
    add(findDuplicateCloses(panel, close, duplicateSessions));
  }

  const byKind = KINDS.map((kind) => found.filter((finding) => finding.kind === kind).sort(bySize));
  const inspection: PanelInspection = {
    kind: 'panel-inspection',
    rowCount: panel.rowCount,
    counts: Object.freeze(Object.fromEntries(KINDS.map((kind, k) => [kind, byKind[k].length])) as Record<FindingKind, number>),
    findings: Object.freeze(byKind.flatMap((list) => list.slice(0, maxFindings))),
    lifeSpans: Object.freeze(lifeSpansOf(panel, entityRows)),
    missing: Object.freeze(missingShares(panel)),
    universeIsConstant: findConstantUniverse(panel).length > 0,
    skipped: Object.freeze(skipped),
  };
  const sentence = panelSentence(panel);
  return Object.freeze(printable(inspection, (it) => printed(sentence, it)));
}

// The largest first; then by time and entity, so that the order never depends on the sort.
function bySize(a: Finding, b: Finding): number {
  return Math.abs(b.value) - Math.abs(a.value) || compare(a.time, b.time) || compare(a.entity ?? '', b.entity ?? '');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function missingShares(panel: Panel): PanelInspection['missing'] {
  return Object.entries(panel.columns).map(([column, values]) => {
    let missing = 0;
    for (let i = 0; i < values.length; i++) if (values[i] !== values[i]) missing++;
    return Object.freeze({ column, missing, share: missing / values.length });
  });
}

function printed(sentence: string, inspection: PanelInspection): string {
  const total = Object.values(inspection.counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return `${sentence}\nno findings`;
  const shown = KINDS.flatMap((kind) => inspection.findings.filter((finding) => finding.kind === kind).slice(0, 3));
  const rows = shown.map((finding) => ({ kind: finding.kind, count: inspection.counts[finding.kind], entity: finding.entity, time: finding.time, value: finding.value, detail: finding.detail }));
  return `${sentence}\n${total} findings, at most 3 of a kind shown\n${textTable(rows)}`;
}
