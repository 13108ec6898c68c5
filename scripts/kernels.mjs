// npm run kernels            compiles kernels/*.ts to WebAssembly and writes them as text next to the code that loads them
// npm run kernels -- check   fails when what is committed is not what the sources give
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');
const KERNELS = { bin: 'src/learners/gbdt/binning/bin-blob.ts', train: 'src/learners/gbdt/kernel/train-blob.ts', predict: 'src/learners/gbdt/predict/predict-blob.ts' };
// The memory is made by the host, shared or not: the loader sets the limits flag of the import.
const FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--enable', 'simd', '--enable', 'threads', '--disable', 'mutable-globals'];
const checking = process.argv[2] === 'check';
let stale = 0;

for (const [name, target] of Object.entries(KERNELS)) {
  const written = new Map();
  const { error, stderr } = await asc.main([`kernels/${name}.ts`, '--outFile', 'out.wasm', '--baseDir', root, ...FLAGS], {
    readFile: (file, base) => {
      try {
        return readFileSync(join(base, file), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (file, contents) => void written.set(file, contents),
    listFiles: () => [],
  });
  if (error !== null) {
    console.error(stderr.toString());
    process.exit(1);
  }
  const bytes = Buffer.from(written.get('out.wasm'));
  const text = `/** kernels/${name}.ts as WebAssembly, ${bytes.length} bytes: made by \`npm run kernels\`, never edited. */\nexport const BLOB: string =\n  '${bytes.toString('base64')}';\n`;
  const path = join(root, target);
  if (!checking) writeFileSync(path, text);
  else if (text !== readFileSync(path, 'utf8')) {
    console.error(`${target} is not what kernels/${name}.ts gives: run npm run kernels`);
    stale++;
  }
  console.log(`${name}: ${bytes.length} bytes`);
}
process.exit(stale === 0 ? 0 : 1);
