/** The quotes of the S&P 500 chain, and ways to put a smile through those of every expiry. */
import { buildSviSurfaceSync, chainToSmiles, fitEssvi, fitPriceSurfaceSync, fitSabr, fitSsvi, fitSvi, ivSurface } from 'quantwright/iv';
import type { ChainSmiles, IvSurface, Smile, SmileQuotes, SurfaceInterpolation, SviSurfaceOptions } from 'quantwright/iv';
import { spxChain } from './spx-quotes.ts';

/** Quotes that traded in the session, out of the money, one entry per expiry with a forward. */
export function spxSmiles(): ChainSmiles {
  return chainToSmiles(spxChain(), { filter: { tradedSince: '2026-01-30' } });
}

/** A surface of one smile per expiry; expiries without one are left out. */
function surfaceOf(quotes: readonly SmileQuotes[], smiles: readonly (Smile | null)[], interpolation: SurfaceInterpolation = 'variance'): IvSurface {
  return ivSurface(quotes.flatMap(({ expiryYears, forward, discount }, i) => {
    const smile = smiles[i];
    return smile === null ? [] : [{ expiryYears, forward, discount, smile }];
  }), { interpolation });
}

/** Nothing counts where vega is small, and near the money an error of more than a tenth of a point ever less. */
const VEGA_WEIGHTS = { weights: 'vega', lossScale: 0.001 } as const;

function sviSurface(quotes: readonly SmileQuotes[], options: SviSurfaceOptions = {}): IvSurface {
  const { surface } = buildSviSurfaceSync(quotes, options);
  if (surface === null) throw new Error('no expiry could be fitted');
  return surface;
}

/** Ways to fit mid volatilities, with the inverse spread as weight where nothing else is said. */
export const MODELS = {
  'raw SVI, least squares': (quotes) => surfaceOf(quotes, quotes.map((expiry) => fitSvi(expiry).smile)),
  'raw SVI, Cauchy loss': (quotes) => surfaceOf(quotes, quotes.map((expiry) => fitSvi(expiry, { lossScale: 1 }).smile)),
  'SVI surface': (quotes) => sviSurface(quotes),
  'SVI surface, vega weights': (quotes) => sviSurface(quotes, VEGA_WEIGHTS),
  'SSVI, power law': (quotes) => surfaceOf(quotes, fitSsvi(quotes).slices.map(({ smile }) => smile)),
  eSSVI: (quotes) => surfaceOf(quotes, fitEssvi(quotes).slices.map(({ smile }) => smile)),
  'SABR, beta 1': (quotes) => surfaceOf(quotes, quotes.map((expiry) => fitSabr(expiry).smile)),
  'price splines': (quotes) => surfaceOf(quotes, fitPriceSurfaceSync(quotes).slices.map(({ smile }) => smile), 'price'),
} as const satisfies Record<string, (quotes: readonly SmileQuotes[]) => IvSurface>;

export type ModelName = keyof typeof MODELS;
