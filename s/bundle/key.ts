/** What a registry files a bundle under. */
import type { BundleContent } from './types.ts';

export interface BundleKey {
  readonly family: string;
  /** Sessions ahead. */
  readonly horizon: number;
}

/** Family and horizon of a bundle. */
export function bundleKey(bundle: BundleContent): BundleKey {
  return { family: bundle.manifest.family, horizon: bundle.manifest.horizon };
}
