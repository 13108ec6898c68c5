/** What the arbitrage checker found, as plain data that prints itself. */
import { printable, textTable } from '../../core/inspect.ts';

/**
 * `butterfly`: prices not convex in the strike, a negative density. `calendar`: total variance that falls with time at equal log-moneyness.
 * `vertical`: a digital option worth less than 0 or more than 1. `wing`: a slope that reaches 2 far out (Lee's bound), so that far calls or
 * puts do not become worthless. `negative-variance`: total variance that is not positive.
 */
export type ArbitrageKind = 'butterfly' | 'calendar' | 'vertical' | 'wing' | 'negative-variance';

export const ARBITRAGE_KINDS: readonly ArbitrageKind[] = ['butterfly', 'calendar', 'vertical', 'wing', 'negative-variance'];

/** One connected stretch of log-moneyness with one kind of arbitrage at one expiry. */
export interface ArbitrageViolation {
  readonly kind: ArbitrageKind;
  readonly expiryYears: number;
  /** The later expiry of a calendar violation; null for other kinds. */
  readonly farExpiryYears: number | null;
  /** Between expiries or beyond them: the arbitrage is the interpolation's, not a slice's. */
  readonly isInterpolated: boolean;
  readonly fromLogMoneyness: number;
  readonly toLogMoneyness: number;
  /** Where it is worst; an infinity for a wing. */
  readonly logMoneyness: number;
  /**
   * How bad it is there, >= 0. Butterfly: -g of Durrleman, the density over the lognormal one; calendar: total variance lost; vertical:
   * the digital's price outside [0, 1]; wing: slope above 2; negative variance: its size.
   */
  readonly size: number;
  /** Who saw a butterfly: convexity of prices, g from numerical derivatives, or both; null for other kinds. */
  readonly witness: 'prices' | 'derivatives' | 'both' | null;
}

export interface ArbitrageReport {
  readonly kind: 'arbitrage-report';
  readonly isArbitrageFree: boolean;
  /** By expiry, then log-moneyness. */
  readonly violations: readonly ArbitrageViolation[];
  /** Stretches of each kind. */
  readonly counts: Readonly<Record<ArbitrageKind, number>>;
  /** The largest of each kind; null where there is none. */
  readonly worst: Readonly<Record<ArbitrageKind, ArbitrageViolation | null>>;
  /** Smiles checked for butterflies: slices, and times between and beyond. */
  readonly smileCount: number;
  readonly interpolatedCount: number;
  /** Pairs of neighbouring times compared. */
  readonly pairCount: number;
  /** Grid nodes looked at. */
  readonly nodeCount: number;
  /** Grid nodes at which a smile has no value, so that nothing could be checked. */
  readonly undefinedNodes: number;
}

/** The report of what was found. */
export function arbitrageReport(found: readonly ArbitrageViolation[], totals: Pick<ArbitrageReport, 'smileCount' | 'interpolatedCount' | 'pairCount' | 'nodeCount' | 'undefinedNodes'>): ArbitrageReport {
  const violations = [...found].sort((a, b) => a.expiryYears - b.expiryYears || a.fromLogMoneyness - b.fromLogMoneyness).map((violation) => Object.freeze(violation));
  const counts = { butterfly: 0, calendar: 0, vertical: 0, wing: 0, 'negative-variance': 0 };
  const worst: Record<ArbitrageKind, ArbitrageViolation | null> = { butterfly: null, calendar: null, vertical: null, wing: null, 'negative-variance': null };
  for (const violation of violations) {
    counts[violation.kind]++;
    const before = worst[violation.kind];
    if (before === null || violation.size > before.size) worst[violation.kind] = violation;
  }
  const report: ArbitrageReport = {
    kind: 'arbitrage-report',
    isArbitrageFree: violations.length === 0,
    violations: Object.freeze(violations),
    counts: Object.freeze(counts),
    worst: Object.freeze(worst),
    ...totals,
  };
  return Object.freeze(printable(report, printReport));
}

function printReport({ violations, counts, smileCount, interpolatedCount, pairCount, nodeCount, undefinedNodes }: ArbitrageReport): string {
  const looked = `${smileCount} smiles (${interpolatedCount} between or beyond expiries), ${pairCount} pairs, ${nodeCount} nodes${undefinedNodes === 0 ? '' : `, ${undefinedNodes} of them without a value`}`;
  if (violations.length === 0) return `No static arbitrage in ${looked}`;
  const shown = violations.slice(0, 20).map((v) => ({
    kind: v.kind,
    expiryYears: v.expiryYears,
    farExpiryYears: v.farExpiryYears,
    from: v.fromLogMoneyness,
    to: v.toLogMoneyness,
    worstAt: v.logMoneyness,
    size: v.size,
    witness: v.witness,
    interpolated: v.isInterpolated ? 'yes' : '',
  }));
  const summary = ARBITRAGE_KINDS.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`).join(', ');
  return `Arbitrage: ${summary} in ${looked}\n${textTable(shown)}${violations.length > shown.length ? `\n... and ${violations.length - shown.length} more` : ''}`;
}
