/** Integer hashing: label to seed, and the counter-based draws of kernels. */

/**
 * 32-bit hash of three 32-bit integers: the same number for the same (seed, stream, index) whatever the order of calls.
 *
 * Rounds of MurmurHash3's 32-bit mixer and finaliser (Appleby, public domain algorithm).
 */
export function hash32(seed: number, stream: number, index: number): number {
  let h = seed | 0;
  h = mix(h, stream | 0);
  h = mix(h, index | 0);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mix(h: number, k: number): number {
  let x = Math.imul(k, 0xcc9e2d51);
  x = (x << 15) | (x >>> 17);
  h ^= Math.imul(x, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** Counter-based uniform in [0, 1) for row `index` of stream `stream`: workers and batches change nothing. */
export function hashUniform(seed: number, stream: number, index: number): number {
  return hash32(seed, stream, index) / 4294967296;
}

/** 32-bit hash of a text (FNV-1a over UTF-16 code units, then mixed with the seed). */
export function hashLabel(seed: number, label: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193);
  return hash32(seed, h, label.length);
}
