/**
 * A smooth positive density near the quotes, where a fit starts and from which it measures roughness.
 *
 * Total variance is smoothed over the nodes (second differences against the spreads), turned into prices and probabilities, and the logarithms of these
 * are smoothed again, so that arbitrage in the quotes leaves no trace but a poorer start. Beyond the quotes the logarithm goes on in a straight line, at
 * the rate at which an exponential tail would have the last price: lambda^2 = density / price.
 *
 * @see Fengler (2009), section 3, on pre-smoothing; Whittaker (1923), "On a new method of graduation"
 */
import { addOuterProduct, factorBand, solveBand, symmetricBand } from '../../core/banded-cholesky.ts';
import { normalizedBlack } from '../black/normalized-black.ts';
import { fixMassAndMean, nodeProbabilities, nodeValues } from './node-grid.ts';
import type { NodeGrid } from './node-grid.ts';
import type { UsableQuotes } from './usable-quotes.ts';

const VARIANCE_STIFFNESS = 1e4; // of second differences of w / level^2 at nodes 0.4 deviations apart, against squared relative spreads
const MIN_RELATIVE_SPREAD = 0.005; // no quote steers the start by more than half a percent of variance
const LOG_STIFFNESS = 3;
const MIN_VARIANCE = 0.05; // of level^2
const MAX_VARIANCE = 4; // of level^2, times 1 + distance from the forward in deviations: steep, but an index has half of it
const SLOWEST_DECAY = 0.1; // of the log density per deviation

const FASTEST_DECAY = 2; // of the log density per node, which keeps the tails inside the doubles

const SECOND_DIFFERENCE = Float64Array.of(1, -2, 1);

/**
 * Probabilities of the nodes with mass and mean 1, shape (n).
 *
 * @param carried - probabilities of the expiry before at these nodes: where `floor`, its option values, are not below those of the quotes alone, the
 *   result is no smaller
 */
export function startingProbabilities(grid: NodeGrid, quotes: UsableQuotes, floor: Float64Array | undefined, carried: Float64Array | undefined): Float64Array {
  const logs = quotedLogs(grid, quotes);
  if (floor === undefined || carried === undefined) return tilted(grid, logs);
  const values = nodeValues(grid, tilted(grid, logs));
  const n = logs.length;
  for (let j = 0; j < n; j++) if (values[j] < floor[j]) logs[j] = Math.max(logs[j], Math.log(carried[j]));
  // The expiry before may end within this grid: no cliff there.
  for (let j = grid.centre + 1; j < n; j++) logs[j] = Math.max(logs[j], logs[j - 1] - FASTEST_DECAY);
  for (let j = grid.centre - 1; j >= 0; j--) logs[j] = Math.max(logs[j], logs[j + 1] - FASTEST_DECAY);
  return tilted(grid, logs);
}

// Logarithms of probabilities near the quotes.
function quotedLogs(grid: NodeGrid, quotes: UsableQuotes): Float64Array {
  const { logMoneyness, moneyness, centre, spacing } = grid;
  const n = logMoneyness.length;
  const { level } = quotes;
  const first = clampNode(Math.floor((firstPlace(quotes) - logMoneyness[0]) / spacing), n);
  const last = Math.max(first + 1, clampNode(Math.ceil((lastPlace(quotes) - logMoneyness[0]) / spacing), n));
  const variance = smoothVariance(grid, quotes);
  const values = new Float64Array(n);
  for (let j = 1; j < n - 1; j++) {
    const place = Math.min(last, Math.max(first, j));
    const most = MAX_VARIANCE * (1 + Math.abs(logMoneyness[place]) / level);
    const totalVol = level * Math.sqrt(Math.min(most, Math.max(variance[place], MIN_VARIANCE)));
    values[j] = Math.sqrt(moneyness[j]) * normalizedBlack(-Math.abs(logMoneyness[j]), totalVol);
  }
  const rough = nodeProbabilities(grid, values);
  const band = symmetricBand(n, 2);
  const logs = new Float64Array(n);
  const relative = spacing / level;
  for (let j = first; j <= last; j++) {
    const least = 1e-3 * relative * relative * (values[j] / moneyness[j]);
    const sound = j > 0 && j < n - 1 && rough[j] > least;
    const weight = sound ? 1 : 1e-3;
    band.data[j * 3 + 2] += weight;
    logs[j] = weight * Math.log(Math.max(sound ? rough[j] : least, 1e-300));
  }
  for (let j = 0; j + 2 < n; j++) addOuterProduct(band, LOG_STIFFNESS, j, SECOND_DIFFERENCE, 0, 3);
  for (let j = 0; j < n; j++) if (j < first || j > last) band.data[j * 3 + 2] += 1e-9;
  factorBand(band);
  solveBand(band, logs);
  // Straight tails; at the forward itself the kink has no value to compare with, hence the bound.
  const decay = (j: number): number => Math.min(FASTEST_DECAY, Math.max(Math.sqrt((Math.exp(logs[j]) * spacing * moneyness[j]) / Math.max(values[j], 1e-300)), SLOWEST_DECAY * relative));
  const rightDecay = decay(Math.min(last, n - 2));
  for (let j = Math.max(last, centre) + 1; j < n; j++) logs[j] = logs[j - 1] - rightDecay;
  const leftDecay = decay(Math.max(first, 1));
  for (let j = Math.min(first, centre) - 1; j >= 0; j--) logs[j] = logs[j + 1] - leftDecay;
  return logs;
}

function firstPlace(quotes: UsableQuotes): number {
  return quotes.logMoneyness[0];
}

function lastPlace(quotes: UsableQuotes): number {
  return quotes.logMoneyness[quotes.logMoneyness.length - 1];
}

function clampNode(j: number, n: number): number {
  return Math.min(n - 2, Math.max(1, j));
}

// Total variance over level^2 at the nodes.
function smoothVariance(grid: NodeGrid, quotes: UsableQuotes): Float64Array {
  const { logMoneyness, spacing } = grid;
  const n = logMoneyness.length;
  const band = symmetricBand(n, 2);
  const solution = new Float64Array(n);
  const share = new Float64Array(2);
  for (let q = 0; q < quotes.logMoneyness.length; q++) {
    if (!(quotes.mid[q] > 0)) continue;
    const place = (quotes.logMoneyness[q] - logMoneyness[0]) / spacing;
    const j = Math.floor(place);
    if (j < 0 || j > n - 2) continue;
    const ratio = quotes.totalVol[q] / quotes.level;
    const observed = ratio * ratio;
    const tolerance = Math.max((2 * ratio * quotes.halfTotalVol[q]) / quotes.level, MIN_RELATIVE_SPREAD * observed);
    const weight = 1 / (tolerance * tolerance);
    share[1] = place - j;
    share[0] = 1 - share[1];
    addOuterProduct(band, weight, j, share, 0, 2);
    solution[j] += weight * observed * share[0];
    solution[j + 1] += weight * observed * share[1];
  }
  for (let j = 0; j + 2 < n; j++) addOuterProduct(band, VARIANCE_STIFFNESS, j, SECOND_DIFFERENCE, 0, 3);
  for (let j = 0; j < n; j++) {
    band.data[j * 3 + 2] += 1e-6; // one quote alone leaves a slope undetermined
    solution[j] += 1e-6;
  }
  factorBand(band);
  solveBand(band, solution);
  return solution;
}

// exp(logs + a + b k) with mass and mean 1. The mean rises with b from the first node to the last, so Newton's method in a bracket ends.
function tilted(grid: NodeGrid, logs: Float64Array): Float64Array {
  const { logMoneyness, moneyness } = grid;
  const n = logs.length;
  const masses = new Float64Array(n);
  let slope = 0;
  let low = -Infinity;
  let high = Infinity;
  for (let iteration = 0; iteration < 200; iteration++) {
    let largest = -Infinity;
    for (let j = 0; j < n; j++) largest = Math.max(largest, logs[j] + slope * logMoneyness[j]);
    let mass = 0;
    let mean = 0;
    let meanLog = 0;
    let cross = 0;
    for (let j = 0; j < n; j++) {
      masses[j] = Math.exp(logs[j] + slope * logMoneyness[j] - largest);
      mass += masses[j];
      mean += masses[j] * moneyness[j];
      meanLog += masses[j] * logMoneyness[j];
      cross += masses[j] * moneyness[j] * logMoneyness[j];
    }
    for (let j = 0; j < n; j++) masses[j] /= mass;
    const logMean = Math.log(mean / mass);
    if (Math.abs(logMean) < 1e-13) break;
    if (logMean > 0) high = slope;
    else low = slope;
    const newton = slope - logMean / (cross / mean - meanLog / mass); // the derivative is a covariance of k and e^k
    const farthest = slope - Math.sign(logMean) / grid.spacing;
    const inside = newton > low && newton < high && Math.abs(newton - slope) * grid.spacing <= 1;
    slope = inside ? newton : low > -Infinity && high < Infinity ? 0.5 * (low + high) : farthest;
  }
  fixMassAndMean(grid, masses);
  return masses;
}
