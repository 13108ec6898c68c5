/** What the asks of a later expiry say about an earlier one: its options may cost no more at equal moneyness. */
import type { UsableQuotes } from './usable-quotes.ts';

/**
 * Lowers `cap` to the out-of-the-money prices that the asks allow at the nodes.
 *
 * Between two quoted strikes a convex price lies below its chord, so the chord of two asks bounds it; beyond the outermost asks nothing does.
 */
export function boundByAsks(nodeLogMoneyness: Float64Array, nodeMoneyness: Float64Array, quotes: UsableQuotes, cap: Float64Array): void {
  const { logMoneyness, ceiling } = quotes;
  let previous = -1;
  let j = 0;
  for (let q = 0; q < logMoneyness.length; q++) {
    if (!(ceiling[q] > 0)) continue;
    if (previous >= 0 && logMoneyness[q] > logMoneyness[previous]) {
      const fromStrike = Math.exp(logMoneyness[previous]);
      const toStrike = Math.exp(logMoneyness[q]);
      // Puts below the forward, calls from it on; a pair that straddles it is compared in the node's kind.
      const fromParity = 1 - fromStrike;
      const toParity = 1 - toStrike;
      while (j < cap.length && nodeLogMoneyness[j] < logMoneyness[previous]) j++;
      for (; j < cap.length && nodeLogMoneyness[j] <= logMoneyness[q]; j++) {
        const put = nodeLogMoneyness[j] < 0;
        const near = ceiling[previous] + (put ? Math.max(-fromParity, 0) : Math.max(fromParity, 0));
        const far = ceiling[q] + (put ? Math.max(-toParity, 0) : Math.max(toParity, 0));
        const share = (nodeMoneyness[j] - fromStrike) / (toStrike - fromStrike);
        cap[j] = Math.min(cap[j], near + share * (far - near));
      }
    }
    previous = q;
  }
}
