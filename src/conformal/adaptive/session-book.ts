/** Issued intervals that wait for their outcomes. */
import type { Forecast } from './forecast-rows.ts';

/** One row of an issued session. */
export interface BookRow extends Forecast {
  /** Undefined until it comes in; NaN when it is known never to. */
  outcome: number | undefined;
}

/** All rows of one session: one step of adaptation. */
export interface BookSession {
  readonly session: number;
  /** Radii and levels in force for the session, of every tail. */
  readonly radii: Float64Array;
  readonly levels: Float64Array;
  /** By entity, in order of issue. */
  readonly rows: Map<string, BookRow>;
  settled: boolean;
}

/** What became of outcomes: the rows of each kind. */
export interface UpdateReport {
  /** Taken in, NaN ones included. */
  readonly accepted: number;
  /** The outcome already there, again. */
  readonly repeated: number;
  /** Another outcome than the one already there, which stays. */
  readonly conflicting: number;
  /** For a session that has left the book: too late, or again. */
  readonly late: number;
  /** For a (session, entity) of which no interval was issued. */
  readonly unknown: number;
  /** Sessions whose step was taken. */
  readonly settledSessions: number;
}

/**
 * Sessions in order of issue, settled in that order.
 *
 * A session is due when all its outcomes are in, or when `patience` sessions have been issued after it; then those that are in have to do. So outcomes
 * may come in any order in between without changing anything. A settled session stays for that long too, to know an outcome that comes again.
 */
export class SessionBook {
  readonly #sessions: BookSession[] = [];
  readonly #patience: number;
  /** Sessions up to this one have left the book. */
  closedThrough: number = -Infinity;

  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Oldest first. */
  get sessions(): readonly BookSession[] {
    return this.#sessions;
  }

  get last(): BookSession | undefined {
    return this.#sessions[this.#sessions.length - 1];
  }

  /** Opens a session later than all others. */
  open(session: BookSession): void {
    this.#sessions.push(session);
  }

  /** Notes an outcome and says what it was. */
  deliver(session: number, entity: string, outcome: number): Exclude<keyof UpdateReport, 'settledSessions'> {
    if (session <= this.closedThrough) return 'late';
    const row = this.#sessions.find((item) => item.session === session)?.rows.get(entity);
    if (row === undefined) return 'unknown';
    if (row.outcome !== undefined) return Object.is(row.outcome, outcome) ? 'repeated' : 'conflicting';
    row.outcome = outcome;
    return 'accepted';
  }

  /**
   * Passes every due session on, oldest first; returns their number.
   *
   * @param opening - sessions about to be opened, 0 or 1
   */
  settle(step: (session: BookSession) => void, opening: number): number {
    let steps = 0;
    for (let i = 0; i < this.#sessions.length; i++) {
      const session = this.#sessions[i];
      if (session.settled) continue;
      const overdue = this.#sessions.length - 1 - i + opening >= this.#patience;
      if (!overdue && !isComplete(session)) break;
      step(session);
      session.settled = true;
      steps++;
    }
    while (this.#sessions.length + opening > this.#patience && this.#sessions[0].settled) this.closedThrough = this.#sessions.shift()!.session;
    return steps;
  }
}

function isComplete({ rows }: BookSession): boolean {
  for (const { outcome } of rows.values()) if (outcome === undefined) return false;
  return true;
}
