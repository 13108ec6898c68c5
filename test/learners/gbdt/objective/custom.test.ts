import { describe, expect, it } from 'vitest';
import type { CustomBatchObjective } from '../../../../src/learners/gbdt/objective/types.ts';
import { dataOf, derivatives, objective } from './objective-for-test.ts';

const logCosh = {
  gradient: (margin: number, label: number): number => Math.tanh(margin - label),
  hessian: (margin: number, label: number): number => 1 - Math.tanh(margin - label) ** 2,
  loss: (margin: number, label: number): number => Math.log(Math.cosh(margin - label)),
};

// Softmax written by a host.
const softmax: CustomBatchObjective = {
  outputs: 3,
  derivatives(margins, { labels, rows }, gradient, hessian) {
    const n = labels.length;
    for (const row of rows) {
      const e = [0, 1, 2].map((k) => Math.exp(margins[k * n + row]));
      for (const k of [0, 1, 2]) {
        const p = e[k] / (e[0] + e[1] + e[2]);
        gradient[k * n + row] = p - (labels[row] === k ? 1 : 0);
        hessian[k * n + row] = 1.5 * p * (1 - p);
      }
    }
  },
  start: [0.1, 0.2, 0.3],
};

describe('a custom loss of one margin', () => {
  it('is called with margin, label and row, and weighted', () => {
    const loss = objective({ objective: { gradient: (margin, label, row) => 100 * row + 10 * margin + label, hessian: (margin, label, row) => row + margin + label } });
    expect([loss.name, loss.outputs, loss.constantHessian]).toEqual(['custom', 1, false]);
    const { gradient, hessian } = derivatives(loss, [1, 2, 3], dataOf([4, 5, 6], { weights: [1, 1, 2], rows: [0, 2] }));
    expect([gradient[0], gradient[2]]).toEqual([14, 472]);
    expect([hessian[0], hessian[2]]).toEqual([5, 22]);
    expect(gradient[1]).toBeNaN();
  });

  it('has a weighted mean loss and a start', () => {
    const loss = objective({ objective: { ...logCosh, start: 0.5 } });
    expect(loss.loss(Float64Array.of(0, 2), dataOf([0, 0], { weights: [3, 1] }), 2)).toBeCloseTo(Math.log(Math.cosh(2)) / 4, 15);
    expect([...loss.start(dataOf([1]))]).toEqual([0.5]);
    expect([...objective({ objective: logCosh }).start(dataOf([1]))]).toEqual([0]);
  });

  it('must return a finite gradient and a hessian >= 0, or the row is named', () => {
    const with_ = (gradient: number, hessian: number): void => {
      derivatives(objective({ objective: { gradient: (_m, _y, row) => (row === 1 ? gradient : 0), hessian: (_m, _y, row) => (row === 1 ? hessian : 1) } }), [0, 0], dataOf([0, 0]));
    };
    const error = (message: string): unknown => expect.objectContaining({ code: 'ERR_DOMAIN', message, details: { row: 1, output: 0 } });
    expect(() => with_(NaN, 1)).toThrowError(error('fitGbdt: gradient of the custom objective must be finite, got NaN for output 0 of row 1'));
    expect(() => with_(Infinity, 1)).toThrowError(error('fitGbdt: gradient of the custom objective must be finite, got Infinity for output 0 of row 1'));
    expect(() => with_(1, -1e-9)).toThrowError(error('fitGbdt: hessian of the custom objective must be finite and >= 0, got -1e-9 for output 0 of row 1'));
    expect(() => with_(1, Infinity)).toThrowError(error('fitGbdt: hessian of the custom objective must be finite and >= 0, got Infinity for output 0 of row 1'));
    expect(() => with_(1, 0)).not.toThrow();
  });

  it('without a loss cannot be watched', () => {
    const { gradient, hessian } = logCosh;
    expect(() => objective({ objective: { gradient, hessian } }).loss(Float64Array.of(0), dataOf([0]), 1)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN', message: expect.stringContaining('objective.loss must be a function') }));
  });
});

describe('a custom loss of several margins', () => {
  const data = dataOf([0, 2, 1, 1], { weights: [1, 2, 0.5, 0], rows: [0, 1, 3] });
  const margins = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i));

  it('has the derivatives the host writes, weighted', () => {
    const own = derivatives(objective({ objective: softmax }), margins, data);
    const built = derivatives(objective({ objective: 'softmax', numClass: 3 }), margins, data);
    own.gradient.forEach((g, i) => (Number.isNaN(built.gradient[i]) ? expect(g).toBeNaN() : expect(g).toBeCloseTo(built.gradient[i], 14)));
    own.hessian.forEach((h, i) => (Number.isNaN(built.hessian[i]) ? expect(h).toBeNaN() : expect(h).toBeCloseTo(built.hessian[i], 14)));
    expect([...objective({ objective: softmax }).start(data)]).toEqual([0.1, 0.2, 0.3]);
  });

  it('uses the loss the host gives', () => {
    expect(objective({ objective: { outputs: 3, derivatives: softmax.derivatives, loss: (at, { rows }) => at[0] + rows.length } }).loss(margins, data, 4)).toBe(3);
    expect(() => objective({ objective: softmax }).loss(margins, data, 4)).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN' }));
  });

  it('must write every output of every row, and nothing of an earlier call stands in', () => {
    let calls = 0;
    const loss = objective({
      objective: {
        outputs: 2,
        derivatives: (_margins, _data, gradient, hessian) => {
          if (calls++ > 0) return;
          gradient.fill(1);
          hessian.fill(1);
        },
      },
    });
    const [gradient, hessian] = [new Float64Array(4), new Float64Array(4)];
    const run = (): unknown => [...loss.gradients(new Float64Array(4), dataOf([0, 0]), 2, gradient, hessian, 0)];
    run();
    expect(run).toThrowError(expect.objectContaining({ code: 'ERR_DOMAIN', message: 'fitGbdt: gradient of the custom objective must be finite, got NaN for output 0 of row 0' }));
  });

  it('names the output and row of a bad hessian', () => {
    const loss = objective({
      objective: {
        outputs: 2,
        derivatives: (_margins, _data, gradient, hessian) => {
          gradient.fill(0);
          hessian.fill(1);
          hessian[2 + 1] = -1;
        },
      },
    });
    expect(() => derivatives(loss, [0, 0, 0, 0], dataOf([0, 0]))).toThrowError(expect.objectContaining({ details: { row: 1, output: 1 } }));
  });
});

describe('a custom loss that is not one', () => {
  const refused = (custom: unknown, code: string): void => expect(() => objective({ objective: custom as typeof logCosh })).toThrowError(expect.objectContaining({ code }));

  it('lacks a function or has a wrong one', () => {
    refused({}, 'ERR_DOMAIN');
    refused({ gradient: logCosh.gradient }, 'ERR_DOMAIN');
    refused({ ...logCosh, hessian: 1 }, 'ERR_DOMAIN');
    refused({ ...logCosh, loss: 'rmse' }, 'ERR_DOMAIN');
    refused({ ...logCosh, start: Infinity }, 'ERR_DOMAIN');
    refused({ outputs: 2 }, 'ERR_DOMAIN');
    refused({ derivatives: softmax.derivatives }, 'ERR_DOMAIN');
    refused({ ...softmax, outputs: 0 }, 'ERR_DOMAIN');
    refused({ ...softmax, start: [0, NaN, 0] }, 'ERR_DOMAIN');
    refused({ ...softmax, start: [0, 0] }, 'ERR_SHAPE');
    refused([], 'ERR_DOMAIN');
    refused(null, 'ERR_DOMAIN');
  });

  it('has a function nobody calls', () => {
    refused({ ...logCosh, hesian: 1 }, 'ERR_UNKNOWN_NAME');
    refused({ ...softmax, gradient: logCosh.gradient }, 'ERR_UNKNOWN_NAME');
  });
});
