import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

for (const name of JSON.parse(readFileSync('subpaths.json', 'utf8'))) {
  const room = await import(`quantwright/${name}`);
  assert.ok(Object.keys(room).length > 0, `quantwright/${name} exports nothing`);
}
const { isQuantwrightError } = await import('quantwright');
assert.equal(typeof isQuantwrightError, 'function');
