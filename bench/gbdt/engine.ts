/** Our engine on a benchmark's job. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openThreadTeam } from 'quantwright/adapters/thread-team';
import { binMatrix, fitGbdt, fitGbdtSync, predictGbdt, predictGbdtRow } from 'quantwright/learners';
import type { BinMatrixOptions, FeatureMatrix, GbdtFit, GbdtModel, GbdtOptions } from 'quantwright/learners';
import packageJson from '../../package.json' with { type: 'json' };
import type { Measured, Objective, OursJob, Settings } from './job.ts';
import { readLabels, readMatrix } from './panel-files.ts';

/** Our names of the settings; nothing for our defaults. */
export function optionsOf(objective: Objective, settings: Settings | undefined): GbdtOptions {
  if (settings === undefined) return { objective };
  const { trees, leaves, learningRate, lambda, minRows, rowShare, featureShare } = settings;
  return { objective, numIterations: trees, numLeaves: leaves, learningRate, lambdaL2: lambda, minDataInLeaf: minRows, baggingFraction: rowShare, featureFraction: featureShare };
}

export function binOptionsOf(settings: Settings | undefined, categorical: readonly string[]): BinMatrixOptions {
  return { ...(settings === undefined ? {} : { maxBin: settings.maxBin }), ...(categorical.length === 0 ? {} : { categoricalFeatures: categorical }) };
}

/** RMSE, or mean negative log-likelihood of labels in {0, 1}. */
export function lossOf(objective: Objective, predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    if (objective === 'squared') sum += (predicted[i] - labels[i]) ** 2;
    else sum -= Math.log(Math.min(1 - 1e-15, Math.max(1e-15, labels[i] === 1 ? predicted[i] : 1 - predicted[i])));
  }
  return objective === 'squared' ? Math.sqrt(sum / labels.length) : sum / labels.length;
}

/** Fits, predicts and measures in this process, which should be a fresh one. */
export async function measureOurs(job: OursJob): Promise<Measured> {
  const team = job.threads === 1 ? undefined : await openThreadTeam({ threads: job.threads });
  try {
    const matrix = readMatrix(job.dir, 'train', job.names);
    const labels = readLabels(job.dir, 'train');
    const options = { ...optionsOf(job.objective, job.settings), kernel: job.kernel, ...(team === undefined ? {} : { team }) };
    let best = { total: Infinity, bin: 0, boost: 0 };
    let leastCpu = Infinity;
    let first: number | undefined;
    let fit: GbdtFit | undefined;
    for (let i = 0; i < job.repeats; i++) {
      const cpu = process.cpuUsage();
      const start = performance.now();
      const binned = binMatrix(matrix, binOptionsOf(job.settings, job.categorical));
      const middle = performance.now();
      fit = team === undefined ? fitGbdtSync(binned, labels, options) : await fitGbdt(binned, labels, options);
      const end = performance.now();
      const spent = process.cpuUsage(cpu);
      const taken = { total: end - start, bin: middle - start, boost: end - middle };
      leastCpu = Math.min(leastCpu, (spent.user + spent.system) / 1e6);
      first ??= taken.total;
      if (taken.total < best.total) best = taken;
    }
    if (fit === undefined || first === undefined) throw new RangeError(`bench gbdt: repeats must be at least 1, got ${job.repeats}`);
    const peakMb = peakOfProcess();
    const test = readMatrix(job.dir, 'test', job.names);
    const predicted = predictGbdt(fit.model, test);
    return {
      version: packageJson.version,
      binSeconds: best.bin / 1000,
      boostSeconds: best.boost / 1000,
      cpuSeconds: leastCpu,
      firstSeconds: first / 1000,
      peakMb,
      loss: lossOf(job.objective, predicted, readLabels(job.dir, 'test')),
      digest: createHash('sha256').update(predicted).digest('hex'),
      ...(job.timePrediction ? { rowsPerSecond: batchSpeed(fit.model, test), rowMicroseconds: rowSpeed(fit.model, test) } : {}),
    };
  } finally {
    await team?.close();
  }
}

// A fresh process may inherit its parent's maxRSS; VmHWM starts anew.
function peakOfProcess(): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (found !== null) return Number(found[1]) / 1024;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS / 1024;
}

function batchSpeed(model: GbdtModel, test: FeatureMatrix): number {
  let best = Infinity;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    predictGbdt(model, test);
    best = Math.min(best, performance.now() - start);
  }
  return (1000 * test.rowCount) / best;
}

const CALLS_PER_SAMPLE = 200;

// Median over groups of calls: the clock is too coarse for one.
function rowSpeed(model: GbdtModel, test: FeatureMatrix): number {
  const rows = Array.from({ length: Math.min(4000, test.rowCount) }, (_, r) => Float64Array.from(test.columns, (column) => column[r]));
  for (const row of rows) predictGbdtRow(model, row);
  const samples: number[] = [];
  let sum = 0;
  for (let sample = 0; sample < 101; sample++) {
    const start = performance.now();
    for (let i = 0; i < CALLS_PER_SAMPLE; i++) sum += predictGbdtRow(model, rows[(sample * CALLS_PER_SAMPLE + i) % rows.length]);
    samples.push(((performance.now() - start) * 1000) / CALLS_PER_SAMPLE);
  }
  if (Number.isNaN(sum)) throw new Error('bench gbdt: a prediction is NaN');
  return samples.sort((a, b) => a - b)[50];
}
