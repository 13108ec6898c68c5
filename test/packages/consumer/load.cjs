const assert = require('node:assert/strict');

for (const name of require('./subpaths.json')) {
  assert.ok(Object.keys(require(`quantwright/${name}`)).length > 0, `quantwright/${name} exports nothing`);
}
assert.equal(typeof require('quantwright').isQuantwrightError, 'function');
