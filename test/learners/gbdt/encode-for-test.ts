/** Models compared to the bit. */
import { canonicalJson } from '../../../src/core/codec.ts';
import { encodeGbdt } from '../../../src/learners/gbdt/codec.ts';
import type { GbdtModel } from '../../../src/learners/index.ts';

/** A model as text, equal only when equal to the bit. */
export function encodeForTest(model: GbdtModel): string {
  return canonicalJson(encodeGbdt(model));
}
