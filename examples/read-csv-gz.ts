/** Reading a gzipped CSV is the host's part: the package itself touches no file. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Text of a file in `examples/data`. */
export function readExampleCsv(name: string): string {
  return gunzipSync(readFileSync(new URL(`./data/${name}`, import.meta.url))).toString('utf8');
}
