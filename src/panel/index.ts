/** The data: immutable columns over rows keyed by (time, entity). */
export { columnOf, withColumns } from './columns.ts';
export { type EntityRows, entityRows } from './entity-rows.ts';
export { panelFromColumns, panelFromRows, type PanelOptions } from './from-columns.ts';
export type { Column, Panel } from './types.ts';
