/** Edges as the kernel searches them: 16 at a time, in single precision. */
import { TABLE_LENGTH } from './layout.ts';

export interface SearchTables {
  /**
   * Writes the edges for values of single or double precision.
   *
   * @returns false when two edges are the same double rounded to a single: then the kernel cannot search them for doubles
   */
  write(edges: Float64Array, ofSingles: boolean): boolean;
}

/** Tables in the given 3136 bytes. */
export function searchTables({ buffer, byteOffset }: Uint8Array): SearchTables {
  const coarse = new Float32Array(buffer, byteOffset, 16);
  const images = new Float32Array(buffer, byteOffset + 64, TABLE_LENGTH);
  const exact = new Float64Array(buffer, byteOffset + 1088, TABLE_LENGTH);
  return {
    write(edges, ofSingles) {
      images.fill(Infinity);
      if (ofSingles) for (let i = 0; i < edges.length; i++) images[i] = singleAtMost(edges[i]);
      else images.set(edges);
      for (let i = 0; i < 16; i++) coarse[i] = images[16 * i + 15];
      if (ofSingles) return true; // as many singles lie below the image as below the edge
      exact.fill(Infinity);
      exact.set(edges);
      for (let i = 1; i < edges.length; i++) if (images[i] === images[i - 1]) return false;
      return true;
    },
  };
}

const MIN_SINGLE = 2 ** -149;
const single = new Float32Array(1);
const bits = new Int32Array(single.buffer);

// The largest number of single precision that is not above x: the nearest or, when that is above, the one before.
function singleAtMost(x: number): number {
  single[0] = x;
  if (!(single[0] > x)) return single[0];
  if (single[0] === 0) return -MIN_SINGLE;
  bits[0] += single[0] > 0 ? -1 : 1; // sign and magnitude
  return single[0];
}
