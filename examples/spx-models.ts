/** The quotes of the S&P 500 chain, and ways to put a smile through those of every expiry. */
import { buildSviSurfaceSync, chainToSmiles, fitEssvi, fitPriceSurfaceSync, fitSabr, fitSsvi, fitSvi, surfaceFromFits } from 'quantwright/iv';
import type { ChainSmiles, IvSurface, SmileQuotes } from 'quantwright/iv';
import { spxChain } from './spx-quotes.ts';

/** Quotes that traded in the session, out of the money, one entry per expiry with a forward. */
export function spxSmiles(): ChainSmiles {
  return chainToSmiles(spxChain(), { filter: { tradedSince: '2026-01-30' } });
}

function required(surface: IvSurface | null): IvSurface {
  if (surface === null) throw new Error('no expiry could be fitted');
  return surface;
}

/** Nothing counts where vega is small, and near the money an error of more than a tenth of a point ever less. */
const VEGA_WEIGHTS = { weights: 'vega', lossScale: 0.001 } as const;

/** Ways to fit mid volatilities, with the inverse spread as weight where nothing else is said. */
export const MODELS = {
  'raw SVI, least squares': (quotes) => required(surfaceFromFits(quotes.map((expiry) => fitSvi(expiry)))),
  'raw SVI, Cauchy loss': (quotes) => required(surfaceFromFits(quotes.map((expiry) => fitSvi(expiry, { lossScale: 1 })))),
  'SVI surface': (quotes) => required(buildSviSurfaceSync(quotes).surface),
  'SVI surface, vega weights': (quotes) => required(buildSviSurfaceSync(quotes, VEGA_WEIGHTS).surface),
  'SSVI, power law': (quotes) => required(surfaceFromFits(fitSsvi(quotes).slices)),
  eSSVI: (quotes) => required(surfaceFromFits(fitEssvi(quotes).slices)),
  'SABR, beta 1': (quotes) => required(surfaceFromFits(quotes.map((expiry) => fitSabr(expiry)))),
  'price splines': (quotes) => required(surfaceFromFits(fitPriceSurfaceSync(quotes).slices, { interpolation: 'price' })),
} as const satisfies Record<string, (quotes: readonly SmileQuotes[]) => IvSurface>;

export type ModelName = keyof typeof MODELS;
