/** What a panel must offer, checked before anything is computed. */
import type { Bundle } from '../bundle/index.ts';
import { QuantwrightError } from '../core/errors.ts';
import { nearestName } from '../core/assert.ts';
import type { Panel } from '../panel/index.ts';

/** Difference between what the bundle reads and what the panel has. */
export interface ContractReport {
  readonly ok: boolean;
  readonly missing: readonly { readonly column: string; readonly readBy: readonly string[]; readonly nearest: string | null }[];
  /** Columns nobody reads: harmless, listed so that a renamed one is seen. */
  readonly unused: readonly string[];
  /** Features that must not be served: research only. */
  readonly notServable: readonly { readonly feature: string; readonly causality: string }[];
}

/** Compares a panel with a bundle's contract. */
export function checkContract(bundle: Bundle, panel: Panel): ContractReport {
  const { columns, specs } = bundle.manifest.contract;
  const have = Object.keys(panel.columns);
  const unused = have.filter((name) => !columns.includes(name));
  const missing = columns.filter((name) => !have.includes(name)).map((column) => ({
    column,
    readBy: specs.filter((spec) => spec.inputs.includes(column)).map((spec) => spec.name),
    nearest: nearestName(column, unused) ?? null,
  }));
  const notServable = specs.filter((spec) => spec.causality === 'research-only').map((spec) => ({ feature: spec.name, causality: spec.causality }));
  return { ok: missing.length === 0 && notServable.length === 0, missing, unused, notServable };
}

/** Throws `ERR_CONTRACT` with a short named diff unless the panel fits. */
export function requireContract(fn: string, bundle: Bundle, panel: Panel): void {
  const report = checkContract(bundle, panel);
  if (report.ok) return;
  const lines = [
    ...report.missing.slice(0, 8).map(({ column, readBy, nearest }) => `missing column ${column}, read by ${readBy.slice(0, 3).join(', ')}${nearest === null ? '' : ` (the panel has ${nearest})`}`),
    ...report.notServable.slice(0, 4).map(({ feature, causality }) => `feature ${feature} is ${causality}`),
  ];
  throw new QuantwrightError('ERR_CONTRACT', `${fn}: panel must fit the model's contract: ${lines.join('; ')}`, { details: { ...report } });
}
