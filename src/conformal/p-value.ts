/** How unusual a score is among calibration scores. */

/**
 * Conformal p-value: (scores above + weight * (scores equal + 1)) / (n + 1).
 *
 * For an exchangeable row P(p-value <= alpha) <= alpha with `tieWeight` 1, and = alpha when `tieWeight` is a fresh uniform draw in [0, 1].
 *
 * @param scores - calibration scores, larger is worse; NaN is left out
 * @param score - of the row in question
 * @param tieWeight - in [0, 1]; 1 is the unsmoothed p-value
 * @returns in [0, 1]; NaN for a score of NaN
 * @see Vovk, Gammerman and Shafer (2005), "Algorithmic Learning in a Random World", section 2.2
 * @example conformalPValue([1, 2, 3], 2.5) // 0.5: one score above, and the row itself, of four
 */
export function conformalPValue(scores: ArrayLike<number>, score: number, tieWeight = 1): number {
  if (score !== score) return NaN;
  let [n, above, equal] = [0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] === scores[i]) n++;
    if (scores[i] > score) above++;
    else if (scores[i] === score) equal++;
  }
  return (above + tieWeight * (equal + 1)) / (n + 1);
}
