/** The chain of options on the S&P 500, from rows of quotes to surfaces without arbitrage. */
import {
  buildSviSurfaceSync, chainForwards, chainToSmiles, checkArbitrageSync, filterQuotes, fitEssvi, fitPriceSurfaceSync, optionChain, surfaceDiagnosticsSync, surfaceFromFits,
} from 'quantwright/iv';
import type { ChainSmile, IvSurface, OptionChain, SviSurface } from 'quantwright/iv';
import { SPX_AS_OF, SPX_SETTLEMENT, spxRows } from '../../test/iv/spx-chain.ts';
import { speedLines, tell } from './lines.ts';
import { SESSION } from './quotes.ts';
import type { Workload } from './timing.ts';

type Rows = ReturnType<typeof spxRows>;

const chainOf = (rows: Rows): OptionChain => optionChain(rows, { asOf: SPX_AS_OF, settlement: SPX_SETTLEMENT });
const smilesOf = (chain: OptionChain): readonly ChainSmile[] => chainToSmiles(chain, SESSION).smiles;
const sviOf = (smiles: readonly ChainSmile[]): SviSurface => buildSviSurfaceSync(smiles);

// As the example and the guides have it: errors in price, and what is further off than ten basis points at the money counts less.
const BY_VEGA = { weights: 'vega', lossScale: 0.001 } as const;

export const chainWorkloads: Readonly<Record<'chainWhole' | 'chainByVega' | 'optionChain' | 'filterQuotes' | 'chainForwards' | 'chainToSmiles' | 'buildSviSurface' | 'checkArbitrage' | 'fitPriceSurface' | 'fitEssvi', Workload>> = {
  chainWhole: () => {
    const rows = spxRows();
    return () => sviOf(smilesOf(chainOf(rows)));
  },
  chainByVega: () => {
    const rows = spxRows();
    return () => buildSviSurfaceSync(smilesOf(chainOf(rows)), BY_VEGA);
  },
  optionChain: () => {
    const rows = spxRows();
    return () => chainOf(rows);
  },
  filterQuotes: () => {
    const chain = chainOf(spxRows());
    return () => filterQuotes(chain, SESSION.filter);
  },
  chainForwards: () => {
    const chain = chainOf(spxRows());
    const filter = filterQuotes(chain, SESSION.filter);
    return () => chainForwards(chain, filter);
  },
  chainToSmiles: () => {
    const chain = chainOf(spxRows());
    return () => smilesOf(chain);
  },
  buildSviSurface: () => {
    const smiles = smilesOf(chainOf(spxRows()));
    return () => sviOf(smiles);
  },
  checkArbitrage: () => {
    const { surface } = sviOf(smilesOf(chainOf(spxRows())));
    return () => checkArbitrageSync(surface as IvSurface);
  },
  fitPriceSurface: () => {
    const smiles = smilesOf(chainOf(spxRows()));
    return () => fitPriceSurfaceSync(smiles);
  },
  fitEssvi: () => {
    const smiles = smilesOf(chainOf(spxRows()));
    return () => fitEssvi(smiles);
  },
};

/** Violations on ten standard deviations, between the expiries too, and the share of quotes that the surface has inside bid and ask. */
function quality(title: string, surface: IvSurface, smiles: readonly ChainSmile[], leastInside?: readonly [floor: number, aim?: number]): void {
  const { overall, arbitrage } = surfaceDiagnosticsSync(surface, smiles);
  const { butterfly, calendar } = arbitrage.counts;
  const total = arbitrage.violations.length;
  tell({ case: title, metric: 'expiries', value: surface.slices.length, unit: `of ${smiles.length}` });
  for (const [metric, value] of [['butterfly-violations', butterfly], ['calendar-violations', calendar], ['other-violations', total - butterfly - calendar]] as const) tell({ case: title, metric, value, unit: 'violations' }, { floor: 0 });
  tell({ case: title, metric: 'inside-bid-ask', value: overall.insideShare, unit: `of ${overall.insideCount} traded quotes`, better: 'at-least' }, leastInside === undefined ? {} : { floor: leastInside[0], ...(leastInside[1] !== undefined && { aim: leastInside[1] }) });
  tell({ case: title, metric: 'rmse', value: overall.rmseVol, unit: 'vol' });
  tell({ case: title, metric: 'max-error', value: overall.maxErrorVol, unit: 'vol' });
}


/** T11. */
export async function chainCases(): Promise<void> {
  const rows = spxRows();
  const smiles = smilesOf(chainOf(rows));
  const svi = sviOf(smiles);
  tell({ case: 'SPX chain', metric: 'quotes', value: smiles.reduce((sum, { midVol }) => sum + midVol.length, 0), unit: `quotes out of the money in ${smiles.length} smiles, of ${rows.length} rows` });
  quality('SPX chain, buildSviSurface', svi.surface as IvSurface, smiles, [0.35, 0.45]);
  quality('SPX chain, buildSviSurface by vega', buildSviSurfaceSync(smiles, BY_VEGA).surface as IvSurface, smiles, [0.35, 0.45]);
  const splines = fitPriceSurfaceSync(smiles);
  // Interpolation in prices keeps butterflies out between expiries.
  quality('SPX chain, fitPriceSurface', surfaceFromFits(splines.slices, { interpolation: 'price' })!, smiles, [0.8]);
  quality('SPX chain, fitEssvi', surfaceFromFits(fitEssvi(smiles).slices, { interpolation: 'price' })!, smiles);
  const stages = [
    ['optionChain', 'SPX chain, stage 1: optionChain, 17,107 rows'],
    ['filterQuotes', 'SPX chain, part of stage 2: filterQuotes'],
    ['chainForwards', 'SPX chain, part of stage 2: chainForwards'],
    ['chainToSmiles', 'SPX chain, stage 2: chainToSmiles'],
    ['buildSviSurface', 'SPX chain, stage 3: buildSviSurface'],
  ] as const;
  for (const [workload, title] of stages) await speedLines({ title, workload, make: chainWorkloads[workload] });
  await speedLines({ title: 'SPX chain, rows to the SVI surface', workload: 'chainWhole', make: chainWorkloads.chainWhole, seconds: { aim: 0.15 } });
  await speedLines({ title: 'SPX chain, rows to the SVI surface by vega', workload: 'chainByVega', make: chainWorkloads.chainByVega, seconds: { aim: 0.15 } });
  await speedLines({ title: 'SPX chain, checkArbitrage of the SVI surface', workload: 'checkArbitrage', make: chainWorkloads.checkArbitrage });
  await speedLines({ title: 'SPX chain, fitPriceSurface', workload: 'fitPriceSurface', make: chainWorkloads.fitPriceSurface, most: 5 });
  await speedLines({ title: 'SPX chain, fitEssvi', workload: 'fitEssvi', make: chainWorkloads.fitEssvi });
}
