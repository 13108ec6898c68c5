/** Strike nodes of a price spline, evenly spaced in log-moneyness with one at the forward, and what turns option values at nodes into probabilities and back. */

export interface NodeGrid {
  /** ln(strike / forward) of the nodes, shape (n); `centre` is the node at 0. */
  readonly logMoneyness: Float64Array;
  readonly moneyness: Float64Array;
  readonly centre: number;
  /** Distance of the nodes in log-moneyness. */
  readonly spacing: number;
  /** 1 / (x_j - x_(j-1)), 0 at the first node. */
  readonly left: Float64Array;
  /** 1 / (x_(j+1) - x_j), 0 at the last node. */
  readonly right: Float64Array;
}

/** Nodes at multiples of `spacing` that cover [from, to], from < 0 < to. */
export function nodeGrid(spacing: number, from: number, to: number): NodeGrid {
  const centre = Math.max(2, Math.ceil(-from / spacing));
  const n = centre + Math.max(2, Math.ceil(to / spacing)) + 1;
  const logMoneyness = new Float64Array(n);
  const moneyness = new Float64Array(n);
  const left = new Float64Array(n);
  const right = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    logMoneyness[j] = (j - centre) * spacing;
    moneyness[j] = Math.exp(logMoneyness[j]);
    if (j === 0) continue;
    left[j] = 1 / (moneyness[j] - moneyness[j - 1]);
    right[j - 1] = left[j];
  }
  return { logMoneyness, moneyness, centre, spacing, left, right };
}

/**
 * Probabilities of the nodes from the out-of-the-money option values there: second differences of the call values, which have a kink of their own at
 * the forward. Values at the two ends must be 0; then mass and mean are 1.
 */
export function nodeProbabilities(grid: NodeGrid, values: Float64Array): Float64Array {
  const { left, right, centre } = grid;
  const n = values.length;
  const probabilities = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const before = j > 0 ? (values[j - 1] - values[j]) * left[j] : 0;
    const after = j < n - 1 ? (values[j + 1] - values[j]) * right[j] : 0;
    probabilities[j] = before + after + (j === centre ? 1 : 0);
  }
  return probabilities;
}

/** Out-of-the-money option values at the nodes from probabilities: sums of positive terms from either end; the ends are 0. */
export function nodeValues(grid: NodeGrid, probabilities: Float64Array): Float64Array {
  const { moneyness, centre } = grid;
  const n = probabilities.length;
  const values = new Float64Array(n);
  for (let j = 1, mass = 0; j < centre; j++) {
    mass += probabilities[j - 1];
    values[j] = values[j - 1] + mass * (moneyness[j] - moneyness[j - 1]);
  }
  for (let j = n - 2, mass = 0; j >= centre; j--) {
    mass += probabilities[j + 1];
    values[j] = values[j + 1] + mass * (moneyness[j + 1] - moneyness[j]);
  }
  return values;
}

/** Takes rounding out of mass and mean, so that both are 1 to the last digit: the rest of the mass goes to the centre, that of the mean to its neighbour. */
export function fixMassAndMean(grid: NodeGrid, probabilities: Float64Array): void {
  const { moneyness, centre } = grid;
  let mass = -1;
  let mean = 0; // of moneyness - 1
  for (let j = 0; j < probabilities.length; j++) {
    mass += probabilities[j];
    mean += probabilities[j] * (moneyness[j] - 1);
  }
  const neighbour = mean > 0 ? centre - 1 : centre + 1;
  const change = Math.abs(mean / (moneyness[neighbour] - 1));
  probabilities[neighbour] += change;
  probabilities[centre] = Math.max(0, probabilities[centre] - change - mass);
}
