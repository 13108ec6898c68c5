/** Between probabilities and their logits. */

// Probabilities closer to 0 or 1 are moved here, so that a certain one has a logit: +-27.6.
const CLIP = 1e-12;

/** log(p / (1 - p)), with p moved into [1e-12, 1 - 1e-12]; NaN for NaN. */
export function logit(p: number): number {
  const clipped = Math.min(Math.max(p, CLIP), 1 - CLIP);
  return Math.log(clipped) - Math.log1p(-clipped);
}

/** Negative log likelihood of a label in [0, 1] under the probability of a logit, in nats: log(1 + exp(margin)) - target * margin without overflow. */
export function crossEntropy(margin: number, target: number): number {
  return Math.max(margin, 0) - target * margin + Math.log1p(Math.exp(-Math.abs(margin)));
}
