/** What the tests of fitting share. */
import { canonicalJson } from '../../../src/core/codec.ts';
import { encodeGbdt } from '../../../src/learners/gbdt/codec.ts';
import type { GbdtModel } from '../../../src/learners/index.ts';

export { binMatrix, fitGbdt, fitGbdtSync, gbdtImportance, gbdtTask, predictGbdt } from '../../../src/learners/index.ts';

/** A model as text, equal only when equal to the bit. */
export function encodeForTest(model: GbdtModel): string {
  return canonicalJson(encodeGbdt(model));
}
