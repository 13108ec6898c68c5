// npm run bench              lists the benches
// npm run bench -- panel     runs bench/panel.bench.ts: its default export prints JSON lines through report()
import { readdirSync } from 'node:fs';

const SUFFIX = '.bench.ts';
const known = readdirSync(import.meta.dirname).filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length));
const [name, ...args] = process.argv.slice(2);

if (name === undefined || !known.includes(name)) {
  console.error(`npm run bench -- NAME, with NAME one of: ${known.join(', ') || '(none yet)'}`);
  process.exit(name === undefined ? 0 : 2);
}

const bench = (await import(`./${name}${SUFFIX}`)) as { default: (args: readonly string[]) => unknown };
await bench.default(args);
