// One fit of ours in a process of its own: a job (job.ts) as JSON in, a measurement as JSON out.
import { measureOurs } from './engine.ts';
import type { OursJob } from './job.ts';

console.log(JSON.stringify(await measureOurs(JSON.parse(process.argv[2]) as OursJob)));
