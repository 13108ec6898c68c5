/** Seeded samples and exchanges of rows. */
import { hash32, hashLabel } from '../core/hash.ts';
import { randomStream } from '../core/random.ts';
import { argsort } from '../core/sort.ts';

/** The `count` rows with the smallest hash, in their original order: a row's draw depends on the seed and the row alone. */
export function sampleRows(rows: Uint32Array, count: number, seed: number): Uint32Array {
  if (rows.length <= count) return rows;
  const stream = hashLabel(seed, 'sample');
  const chosen = argsort(Float64Array.from(rows, (row) => hash32(seed, stream, row))).slice(0, count).sort();
  return chosen.map((position) => rows[position]);
}

/**
 * Makes permutations of n positions, a new one at each call, drawn from the stream of `label`.
 *
 * @param groups - group of each position, shape (n): positions are exchanged within their group only
 * @returns a function that gives, for each position, the position its value comes from
 */
export function shuffler(seed: number, label: string, n: number, groups: ArrayLike<number> | undefined): () => Uint32Array {
  const stream = randomStream(seed, `permute ${label}`);
  if (groups === undefined) return () => stream.permutation(n);
  const order = argsort(groups);
  return () => {
    const source = new Uint32Array(n);
    for (let start = 0; start < n; ) {
      let end = start + 1;
      while (end < n && groups[order[end]] === groups[order[start]]) end++;
      stream.permutation(end - start).forEach((from, i) => {
        source[order[start + i]] = order[start + from];
      });
      start = end;
    }
    return source;
  };
}
