/** The recipes of the demo: which stock will do better, and how volatile each will be. */
import { distanceToHigh, distanceToLow, forwardReturn, forwardVolatility } from 'quantwright/features';
import { defineRecipe } from 'quantwright/trainer';
import type { Recipe, RecipeOptions } from 'quantwright/trainer';
import { marketFeatures, rankedFeatures, stockFeatures } from './us120-features.ts';

/** Which stocks will do better than the average stock over the next five sessions. */
export function returnRecipe(options: Partial<RecipeOptions> = {}): Recipe {
  return defineRecipe({ family: 'us-equity-return', features: { ...rankedFeatures, ...marketFeatures }, label: forwardReturn({ sessions: 5, minus: 'date-mean' }), seed: 7, ...options });
}

/** How volatile each stock will be over the next five sessions: log of the annualised realised volatility. */
export function volatilityRecipe(options: Partial<RecipeOptions> = {}): Recipe {
  return defineRecipe({ family: 'us-equity-volatility', features: { ...stockFeatures, ...marketFeatures }, label: forwardVolatility({ sessions: 5, periodsPerYear: 252 }), seed: 7, ...options });
}

/** The same from closing prices alone. */
export function closeOnlyVolatilityRecipe(options: Partial<RecipeOptions> = {}): Recipe {
  const { hl10: _hl10, gap: _gap, intraday: _intraday, volz21: _volz21, dv21: _dv21, ...closeFeatures } = stockFeatures;
  const features = { ...closeFeatures, dist_hi21: distanceToHigh(21, { column: 'close' }), dist_lo63: distanceToLow(63, { column: 'close' }), ...marketFeatures };
  return defineRecipe({ family: 'us-equity-volatility-close', features, label: forwardVolatility({ sessions: 5, periodsPerYear: 252 }), seed: 7, ...options });
}
