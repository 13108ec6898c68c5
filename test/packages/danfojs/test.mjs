// The real danfojs-node against the built package: run after `npm run build` at the root and `npm ci` here.
import assert from 'node:assert/strict';
import { DataFrame } from 'danfojs-node';
import { panelFromFrame } from 'quantwright/frames';

const frame = new DataFrame({
  symbol: ['B', 'A', 'B', 'A'],
  date: ['2024-01-03', '2024-01-02', '2024-01-02', '2024-01-03'],
  close: [21, 10, 20, 11],
  volume: [200, 100, 200, 100],
});
const panel = panelFromFrame(frame, { entity: 'symbol', time: 'date', columns: ['close'] });
assert.ok(panel);
console.log(panel);
