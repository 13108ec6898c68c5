/** The data: immutable columns over rows keyed by (time, entity). */
export { appendSession } from './append.ts';
export { columnOf, withColumns } from './columns.ts';
export { panelFromCsv, type PanelFromCsvOptions } from './csv.ts';
export { panelDigest } from './digest.ts';
export { type EntityRows, entityRows } from './entity-rows.ts';
export { inspectPanel } from './inspect-panel.ts';
export type { Finding, FindingKind, InspectPanelOptions, LifeSpan, PanelInspection } from './inspection-types.ts';
export { type PanelOptions, panelFromColumns, panelFromRows } from './from-columns.ts';
export { type KeyNames, type PanelRow, panelRows } from './rows.ts';
export { selectEntities, selectSessions, type SessionRange } from './select.ts';
export { syntheticPanel, type SyntheticPanelOptions } from './synthetic.ts';
export type { Column, Panel } from './types.ts';
