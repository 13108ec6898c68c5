/** The features of the demo: 23 per-stock columns, their cross-sectional ranks, and two of the market. */
import {
  distanceToHigh, distanceToLow, dollarVolume, highLowRange, intradayReturn, logReturn, marketBeta, marketReturn, marketVol, maxAbsoluteReturn, meanAbsoluteReturn,
  momentum, overnightGap, rankByDate, ratio, realizedVol, relativeStrength, residualReturn, returnSkewness, volumeZScore,
} from 'quantwright/features';
import type { Feature } from 'quantwright/features';

/** Features of one stock from open, high, low, close and volume. */
export const stockFeatures: Readonly<Record<string, Feature>> = {
  ret1: logReturn(1),
  ret5: logReturn(5),
  ret10: logReturn(10),
  ret21: logReturn(21),
  ret63: logReturn(63),
  mom126_21: momentum(126, { skip: 21 }),
  vol10: realizedVol(10),
  vol21: realizedVol(21),
  vol63: realizedVol(63),
  volratio: ratio(realizedVol(10), realizedVol(63)),
  rsi14: relativeStrength(14),
  dist_hi21: distanceToHigh(21),
  dist_lo63: distanceToLow(63),
  absret10: meanAbsoluteReturn(10),
  maxabs21: maxAbsoluteReturn(21),
  skew63: returnSkewness(63),
  hl10: highLowRange(10),
  gap: overnightGap(),
  intraday: intradayReturn(),
  volz21: volumeZScore(21),
  dv21: dollarVolume(21),
  beta63: marketBeta(63),
  resid5: residualReturn(5, { betaSessions: 63 }),
};

/** Features every stock of a date shares. */
export const marketFeatures: Readonly<Record<string, Feature>> = { mkt_ret5: marketReturn(5), mkt_vol21: marketVol(21) };

/** Ranks within the date, in [-0.5, 0.5]. */
export const rankedFeatures: Readonly<Record<string, Feature>> = Object.fromEntries(Object.entries(stockFeatures).map(([name, feature]) => [name, rankByDate(feature)]));
