/** Expiries of two groups on one day, such as options settled at the open and at the close of a third Friday. */
import { show } from '../../core/assert.ts';
import { DomainError } from '../../core/errors.ts';
import type { SliceForward } from './chain-forwards.ts';

/** Keep both, ordered by time, or drop those of the groups named later, or not at all, in favour of those named before. */
export type SameDay = 'keep' | { readonly prefer: readonly string[] };

const SAME_DAY_MS = 12 * 3_600_000;

/**
 * Slices that give way to one of a preferred group less than twelve hours away.
 *
 * The two are near-duplicates hours apart: a surface through both bends to the noise between them. A slice without a forward neither gives
 * way nor displaces another.
 *
 * @param slices - by time
 * @returns 1 for slices that give way, shape (slices)
 */
export function displacedSlices(slices: readonly SliceForward[], sameDay: SameDay): Uint8Array {
  const displaced = new Uint8Array(slices.length);
  if (sameDay === 'keep') return displaced;
  if (!Array.isArray(sameDay?.prefer)) throw new DomainError(`chainToSmiles: sameDay must be 'keep' or { prefer: groups }, got ${show(sameDay)}`);
  const rank = (slice: SliceForward): number => (sameDay.prefer.includes(slice.group) ? sameDay.prefer.indexOf(slice.group) : sameDay.prefer.length);
  for (let i = 0; i < slices.length; i++) {
    for (let j = i + 1; j < slices.length && slices[j].expiryTime - slices[i].expiryTime < SAME_DAY_MS; j++) {
      if (slices[i].status !== 'ok' || slices[j].status !== 'ok' || rank(slices[i]) === rank(slices[j])) continue;
      displaced[rank(slices[i]) > rank(slices[j]) ? i : j] = 1;
    }
  }
  return displaced;
}
