/** The reference files of test/iv/fixtures. */
import { readFileSync } from 'node:fs';

export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../test/iv/fixtures/${name}`, import.meta.url), 'utf8'));
}

/** Largest of some errors; NaN if one is no number. */
export function worstOf(errors: Iterable<number>): number {
  let worst = 0;
  for (const error of errors) if (!(error <= worst) && worst === worst) worst = error;
  return worst;
}
