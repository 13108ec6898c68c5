/** The last step of every function that makes a panel: freeze it and let it print itself. */
import { printable } from '../core/inspect.ts';
import { formatTime } from '../core/time.ts';
import type { Panel } from './types.ts';

/** The frozen panel of parts that are already sorted and checked. */
export function finishPanel(parts: Omit<Panel, 'kind'>): Panel {
  const panel: Panel = {
    kind: 'panel',
    rowCount: parts.rowCount,
    entities: Object.freeze(parts.entities),
    sessions: parts.sessions,
    sessionStart: parts.sessionStart,
    session: parts.session,
    entity: parts.entity,
    columns: Object.freeze(parts.columns),
  };
  return Object.freeze(printable(panel, panelSentence));
}

/** `Panel 151075 rows, 120 entities, 1259 sessions 2013-02-08..2018-02-07, columns open high low close volume`. */
export function panelSentence(panel: Panel): string {
  const { rowCount, entities, sessions } = panel;
  const names = Object.keys(panel.columns);
  const listed = names.length <= 20 ? names.join(' ') : `${names.slice(0, 20).join(' ')} ... (${names.length})`;
  const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
  const range = `${formatTime(sessions[0])}..${formatTime(sessions[sessions.length - 1])}`;
  return `Panel ${count(rowCount, 'row', 'rows')}, ${count(entities.length, 'entity', 'entities')}, ${count(sessions.length, 'session', 'sessions')} ${range}, ${names.length === 0 ? 'no columns' : `columns ${listed}`}`;
}
