/** Where a part begins. */
import { requireInteger, requireNumber, show } from '../core/assert.ts';
import { DomainError } from '../core/errors.ts';
import { lowerBound } from '../core/sort.ts';
import { formatTime, parseTime } from '../core/time.ts';

/**
 * The start of a part: a share of the sessions in [0, 1), the last of them, 0 for no such part; a date such as `'2016-07-01'`,
 * the first session at or after it; or `{ from }` with a date or a session index.
 */
export type Boundary = number | string | { readonly from: number | string | Date };

/** Times of all sessions, ascending epoch milliseconds, when the caller gave them. */
export type SessionTimes = ArrayLike<number> | undefined;

/**
 * Session index at which a part begins; null for no part.
 *
 * @param available - the distinct sessions the part and everything before it share, ascending
 */
export function resolveBoundary(fn: string, name: string, boundary: Boundary, available: Uint32Array, sessionCount: number, times: SessionTimes): number | null {
  if (typeof boundary === 'number') {
    const share = requireNumber(fn, name, boundary, { min: 0 });
    if (share >= 1) throw new DomainError(`${fn}: ${name} must be a share of the sessions in [0, 1), got ${share}`);
    if (share === 0) return null;
    // The guard keeps 0.29 * 100 = 28.999999999999996 at 29.
    const size = Math.max(1, Math.floor(share * available.length + 1e-9));
    if (size >= available.length) throw new DomainError(`${fn}: ${name} must leave sessions before it, got a share of ${share} of ${available.length} labelled session${available.length === 1 ? '' : 's'}`);
    return available[available.length - size];
  }
  if (typeof boundary !== 'string' && (typeof boundary !== 'object' || boundary === null || !('from' in boundary))) {
    throw new DomainError(`${fn}: ${name} must be a share of the sessions, a date or { from }, got ${show(boundary)}`);
  }
  const from = resolveSession(fn, name, typeof boundary === 'string' ? boundary : boundary.from, sessionCount, times);
  const before = lowerBound(available, from);
  if (before === 0) throw new DomainError(`${fn}: ${name} must start after the first labelled session, got ${describeSession(from, times)}`);
  if (before === available.length) throw new DomainError(`${fn}: ${name} must start at or before the last labelled session it may use, got ${describeSession(from, times)}`);
  return from;
}

/** Session index of a date (the first session at or after it) or of an index. */
export function resolveSession(fn: string, name: string, from: number | string | Date, sessionCount: number, times: SessionTimes): number {
  if (typeof from === 'number') return requireInteger(fn, name, from, { min: 0, max: sessionCount - 1 });
  const time = parseTime(fn, name, from);
  if (times === undefined) throw new DomainError(`${fn}: sessions must be given when ${name} is a date, got undefined`);
  const session = lowerBound(times, time);
  if (session === sessionCount) throw new DomainError(`${fn}: ${name} must not be after the last session, got ${formatTime(time)}`);
  return session;
}

/** Checks that there is a time for every session. */
export function checkTimes(fn: string, times: SessionTimes, sessionCount: number): void {
  if (times === undefined) return;
  if (times.length !== sessionCount) throw new DomainError(`${fn}: sessions must hold one time for each of ${sessionCount} sessions, got ${times.length}`);
  for (let s = 0; s < sessionCount; s++) {
    if (!Number.isFinite(times[s]) || (s > 0 && times[s] <= times[s - 1])) throw new DomainError(`${fn}: sessions must be strictly ascending times, got ${show(times[s])} at session ${s}`);
  }
}

/** `session 12 (2016-07-01)`. */
export function describeSession(session: number, times: SessionTimes): string {
  return `session ${session}${times === undefined ? '' : ` (${formatTime(times[session])})`}`;
}
