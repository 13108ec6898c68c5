/** State that may come from anyone's file back to adaptive intervals. */
import { isQuantwrightError, SchemaError } from '../core/errors.ts';
import { anything, list, object, oneOf, record, within } from '../core/shape.ts';
import type { Shape } from '../core/shape.ts';
import { checkCoverageState } from './adaptive/coverage-tracker.ts';
import { checkTailState } from './adaptive/tail.ts';
import { AdaptiveConformal } from './conformal.ts';
import type { AdaptiveConformalState, BookState } from './conformal-state.ts';
import { conformalSettings } from './conformal-options.ts';
import type { AdaptiveConformalSettings } from './conformal-options.ts';
import { isTwoTailed } from './score.ts';

const MAX_ROWS = 10_000_000;

/**
 * Adaptive intervals that go on from a state to the same bits.
 *
 * @param state - decoded by `fromPlain`; nothing about it is taken on trust
 * @throws SchemaError unless every part is there, of its type and range, and fits the others
 * @example restoreConformal(fromPlain(JSON.parse(text))).update(outcomes)
 */
export function restoreConformal(state: unknown): AdaptiveConformal {
  object({ kind: oneOf('adaptive-conformal'), settings: record, floor: within(0, Number.MAX_VALUE), tails: anything, closedThrough: within(-Infinity, Number.MAX_VALUE), book: anything, coverage: anything })(state, 'restoreConformal: state');
  const raw = state as AdaptiveConformalState;
  const settings = checkSettings(raw.settings);
  const { adapt, groups, score, horizon, patience, coverageSessions } = settings;
  const cells = groups + (groups > 1 ? 1 : 0) + (score.kind === 'normalized' ? 1 : 0);
  const tails = cells * (isTwoTailed(score) ? 2 : 1);
  const path = 'restoreConformal: state';
  list((tail, at) => checkTailState(adapt, tail, at), tails, tails)(raw.tails, `${path}.tails`);
  list(bookShape(settings, tails), horizon + patience + 1)(raw.book, `${path}.book`);
  raw.book.forEach(({ session }, i) => {
    if (!(session > (i === 0 ? raw.closedThrough : raw.book[i - 1].session))) throw new SchemaError(`${path}.book must be in ascending order of session`);
  });
  checkCoverageState(raw.coverage, `${path}.coverage`, groups, coverageSessions);
  return new AdaptiveConformal(settings, raw);
}

function checkSettings(settings: AdaptiveConformalSettings): AdaptiveConformalSettings {
  try {
    return conformalSettings('restoreConformal', settings);
  } catch (cause) {
    if (!isQuantwrightError(cause)) throw cause;
    throw new SchemaError(`restoreConformal: state.settings must be settings of conformal: ${cause.message}`, { cause });
  }
}

function bookShape({ score, groups }: AdaptiveConformalSettings, tails: number): Shape {
  const values = score.kind === 'cqr' ? ['lower', 'upper'] : score.kind === 'normalized' ? ['predictions', 'dispersion'] : ['predictions'];
  return (value, path) => {
    object({ session: within(-Number.MAX_VALUE, Number.MAX_VALUE), settled: oneOf(true, false), radii: numbers(tails), levels: numbers(tails), entities: list(anything, MAX_ROWS), values: record, groups: anything, outcomes: anything, known: anything })(value, path);
    const session = value as BookState;
    const n = session.entities.length;
    const floats = array(Float64Array, n);
    object({ ...Object.fromEntries(values.map((name) => [name, floats])) })(session.values, `${path}.values`);
    floats(session.outcomes, `${path}.outcomes`);
    array(Int32Array, n, (group) => group >= -1 && group < groups)(session.groups, `${path}.groups`);
    array(Uint8Array, n, (known) => known <= 1)(session.known, `${path}.known`);
    if (!session.entities.every((entity) => typeof entity === 'string') || new Set(session.entities).size !== n) throw new SchemaError(`${path}.entities must be different texts`);
  };
}

const numbers = (length: number): Shape => array(Float64Array, length, (value) => value === value);

function array(type: new (length: number) => ArrayLike<number>, length: number, ok: (value: number) => boolean = () => true): Shape {
  return (value, path) => {
    if (!(value instanceof type && value.length === length && Array.prototype.every.call(value, ok))) throw new SchemaError(`${path} must be a ${type.name} of ${length} values in range`);
  };
}
