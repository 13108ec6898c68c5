// The real danfojs-node against the built package: run after `npm run build` at the root and `npm ci` here.
import assert from 'node:assert/strict';
import { DataFrame } from 'danfojs-node';
import { frameColumns, panelFromFrame } from 'quantwright/frames';
import { panelDigest, panelFromRows } from 'quantwright/panel';

const columns = {
  symbol: ['B', 'A', 'B', 'A', 'C'],
  date: ['2024-01-03', '2024-01-02', '2024-01-02', '2024-01-03', '2024-01-03'],
  close: [21.5, 10, 20, NaN, 0.1 + 0.2],
  volume: [200, 100, 200, 100, 3e9],
  sector: ['Energy', 'Utilities', 'Energy', 'Utilities', undefined],
};
const rows = columns.symbol.map((_, i) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]])));
const options = { entity: 'symbol', time: 'date', columns: ['close', 'volume'] };

// Dates as text, numbers, a missing number, and a text column that is not taken: the same panel as from rows, to the bit.
const panel = panelFromFrame(new DataFrame(columns), options);
const expected = panelFromRows(rows, options);
assert.equal(await panelDigest(panel), await panelDigest(expected));
assert.deepEqual(panel, expected);
assert.deepEqual([...panel.columns.close], [10, 20, NaN, 21.5, 0.1 + 0.2]);
assert.equal(String(panel.entities), 'A,B,C');

// A frame made of row objects, and one that the library itself has filtered and given a new column.
assert.equal(await panelDigest(panelFromFrame(new DataFrame(rows), options)), await panelDigest(expected));
const frame = new DataFrame(columns);
const filtered = frame.query(frame.column('volume').lt(1e9));
filtered.addColumn('half', filtered.column('close').div(2), { inplace: true });
const part = panelFromFrame(filtered, { ...options, columns: ['half'] });
assert.deepEqual([...part.columns.half], [5, 10, NaN, 10.75]);

// Text is never dropped in silence.
assert.throws(() => panelFromFrame(new DataFrame(columns), { entity: 'symbol', time: 'date' }), { code: 'ERR_DOMAIN', message: /column "sector", row 0: .* got "Energy"/ });
assert.throws(() => panelFromFrame(new DataFrame(columns), { ...options, time: 'data' }), { code: 'ERR_UNKNOWN_NAME', message: /did you mean "date"/ });

// There and back.
const again = panelFromFrame(new DataFrame(frameColumns(panel)), { entity: 'entity', time: 'time' });
assert.equal(await panelDigest(again), await panelDigest(panel));
console.log(panel);
