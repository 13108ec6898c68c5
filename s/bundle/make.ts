/** What encoder and decoder share: the part's name and the frozen result. */
import { printable, textTable } from '../core/inspect.ts';
import { formatTime } from '../core/time.ts';
import type { Bundle, BundleContent } from './types.ts';

/** File name of the one tensor part. */
export const TENSOR_PART = 'tensors.safetensors';

/** A frozen bundle that prints itself. */
export function makeBundle(content: BundleContent, digest: string): Bundle {
  return Object.freeze(printable({ manifest: content.manifest, models: content.models, outOfSample: content.outOfSample, digest }, describe));
}

function describe({ manifest, digest }: Bundle): string {
  const head = `Bundle ${manifest.family} h${manifest.horizon}, ${digest.slice(0, 12)}, data to ${formatTime(manifest.lineage.lastTime)}, ${Object.keys(manifest.features).length} features`;
  const rows = manifest.metrics.map(({ metric, evidence, value, standardError, n, unit }) => ({ metric, evidence, value, standardError: Number.isNaN(standardError) ? '' : standardError, n: `${n} ${unit}` }));
  return `${head}\nmembers: ${manifest.members.map((m) => `${m.name} ${m.weight.toFixed(2)}`).join(', ')}\n${textTable(rows)}`;
}
