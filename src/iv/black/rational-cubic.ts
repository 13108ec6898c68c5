/**
 * Rational cubic interpolation between two points with given slopes and one second derivative.
 *
 * @see Delbourgo and Gregory (1985), "Shape preserving piecewise rational interpolation"
 */

/** Both ends of a piece: values, and slopes times the width of the piece. */
export interface RationalCubicPiece {
  readonly leftValue: number;
  readonly rightValue: number;
  /** Slope at the left end times the width. */
  readonly leftRise: number;
  /** Slope at the right end times the width. */
  readonly rightRise: number;
}

/** The weight r of the smallest rational cubic that keeps monotone and convex data so; infinite where only a straight line does. */
function smallestWeight({ leftValue, rightValue, leftRise, rightRise }: RationalCubicPiece): number {
  const rise = rightValue - leftValue;
  const bend = Math.abs(rightRise - leftRise);
  return Math.max((leftRise + rightRise) / rise, bend / Math.abs(rightRise - rise), bend / Math.abs(rise - leftRise));
}

function clampWeight(piece: RationalCubicPiece, weight: number): number {
  const smallest = smallestWeight(piece);
  const r = weight > smallest ? weight : smallest;
  return r < 1e8 ? r : 1e8; // a straight line in effect, also for NaN from 0 / 0
}

/** Weight with which the second derivative at the left end, times the squared width, is `bend`. */
export function weightFromLeft(piece: RationalCubicPiece, bend: number): number {
  return clampWeight(piece, (0.5 * bend + piece.rightRise - piece.leftRise) / (piece.rightValue - piece.leftValue - piece.leftRise));
}

/** Weight with which the second derivative at the right end, times the squared width, is `bend`. */
export function weightFromRight(piece: RationalCubicPiece, bend: number): number {
  return clampWeight(piece, (0.5 * bend + piece.rightRise - piece.leftRise) / (piece.rightRise - piece.rightValue + piece.leftValue));
}

/**
 * Value at the share `right` of the width. Delbourgo and Gregory (1985), eq. 2.3.
 *
 * @param right - distance from the left end over the width, in [0, 1]
 * @param left - 1 - right, which the caller may know to more digits
 */
export function rationalCubic(piece: RationalCubicPiece, weight: number, right: number, left: number = 1 - right): number {
  const { leftValue, rightValue, leftRise, rightRise } = piece;
  const numerator = rightValue * right * right * right + (weight * rightValue - rightRise) * right * right * left
    + (weight * leftValue + leftRise) * right * left * left + leftValue * left * left * left;
  return numerator / (1 + (weight - 3) * right * left);
}
