/** Checks of presence: life spans, absent sessions, gaps in the calendar, a universe known in advance. */
import { median, quantile } from '../core/stats.ts';
import { formatTime } from '../core/time.ts';
import type { EntityRows } from './entity-rows.ts';
import type { Finding, LifeSpan } from './inspection-types.ts';
import type { Panel } from './types.ts';

const DAY = 86_400_000;

/** First and last session of each entity. */
export function lifeSpansOf(panel: Panel, entityRows: EntityRows): LifeSpan[] {
  return panel.entities.map((entity, e) => {
    const rows = entityRows.start[e + 1] - entityRows.start[e];
    const first = panel.session[entityRows.rows[entityRows.start[e]]];
    const last = panel.session[entityRows.rows[entityRows.start[e + 1] - 1]];
    return Object.freeze({ entity, first: formatTime(panel.sessions[first]), last: formatTime(panel.sessions[last]), rows, absent: last - first + 1 - rows });
  });
}

/** Sessions without a row of an entity that was there before and after. */
export function findAbsentSessions(panel: Panel, entityRows: EntityRows): Finding[] {
  const found: Finding[] = [];
  panel.entities.forEach((entity, e) => {
    for (let k = entityRows.start[e] + 1; k < entityRows.start[e + 1]; k++) {
      const before = panel.session[entityRows.rows[k - 1]];
      const value = panel.session[entityRows.rows[k]] - before - 1;
      if (value > 0) found.push({ kind: 'absent-sessions', entity, time: formatTime(panel.sessions[before + 1]), value, detail: `${value} of the panel's sessions without a row` });
    }
  });
  return found;
}

// Fewer gaps than this say nothing about what is usual.
const MIN_GAPS = 20;

/** Gaps between sessions longer than the usual weekends and holidays: beyond 1.2 times their 99 % quantile and 1.5 times the median. */
export function findCalendarGaps(panel: Panel): Finding[] {
  const { sessions } = panel;
  const gaps = Float64Array.from({ length: sessions.length - 1 }, (_, s) => (sessions[s + 1] - sessions[s]) / DAY);
  if (gaps.length < MIN_GAPS) return [];
  const usual = median(gaps);
  const limit = Math.max(1.2 * quantile(gaps, 0.99), 1.5 * usual);
  const found: Finding[] = [];
  gaps.forEach((value, s) => {
    if (value > limit) found.push({ kind: 'calendar-gap', entity: undefined, time: formatTime(sessions[s + 1]), value, detail: `${(value / usual).toPrecision(3)} times the median gap, after ${formatTime(sessions[s])}` });
  });
  return found;
}

/** One finding when two or more entities are all present in the first and in the last session. */
export function findConstantUniverse(panel: Panel): Finding[] {
  const count = panel.entities.length;
  const last = panel.sessions.length - 1;
  const inSession = (s: number): number => panel.sessionStart[s + 1] - panel.sessionStart[s];
  if (count < 2 || last < 1 || inSession(0) < count || inSession(last) < count) return [];
  const detail = 'every entity is in the first and in the last session: was the universe chosen knowing the future?';
  return [{ kind: 'survivorship-suspect', entity: undefined, time: formatTime(panel.sessions[0]), value: count, detail }];
}
