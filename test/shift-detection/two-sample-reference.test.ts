import { describe, expect, it } from 'vitest';
import { chiSquareOfCounts, hellingerOfCounts, jensenShannonOfCounts, kullbackLeiblerOfCounts, populationStabilityIndexOfCounts } from '../../src/shift-detection/counts.ts';
import { energyDistance, wassersteinDistance } from '../../src/shift-detection/wasserstein.ts';
import { hotellingTest, mahalanobisDistances } from '../../src/shift-detection/hotelling.ts';
import { kolmogorovSmirnov } from '../../src/shift-detection/kolmogorov-smirnov.ts';
import { mannWhitney } from '../../src/shift-detection/mann-whitney.ts';
import { meanDiscrepancySync } from '../../src/shift-detection/mean-discrepancy.ts';
import { multivariateEnergyDistanceSync } from '../../src/shift-detection/energy-distance.ts';
import { populationStabilityIndex } from '../../src/shift-detection/population-stability.ts';
import { binCounts, referenceBins } from '../../src/shift-detection/reference-bins.ts';
import { agrees, multivariate, univariate } from './two-sample.ts';

describe('19 of 19 reference cases', () => {
  it('are all there', () => expect([univariate.length, multivariate.length]).toEqual([15, 4]));

  it.each(univariate)('%s: every number of two samples of numbers', (_, { input: { ref, cur }, params, expected }) => {
    const { bins, eps: floor, mmd_sigma: bandwidth } = params;
    const cells = referenceBins(ref, bins);
    const [a, b] = [binCounts(cells, ref), binCounts(cells, cur)];
    const mmd = (estimator: 'unbiased' | 'biased'): number => meanDiscrepancySync(ref, cur, { bandwidth, estimator }).statistic;
    const found: Record<string, number> = {
      ks: kolmogorovSmirnov(ref, cur).statistic,
      ks_p_exact: kolmogorovSmirnov(ref, cur, { method: 'exact', ties: 'ignored' }).pValue,
      ks_p_asymp: kolmogorovSmirnov(ref, cur, { method: 'asymptotic' }).pValue,
      wasserstein: wassersteinDistance(ref, cur).statistic,
      energy_distance: energyDistance(ref, cur).statistic,
      mw_u: mannWhitney(ref, cur).statistic,
      mw_p: mannWhitney(ref, cur).pValue,
      psi: populationStabilityIndex(ref, cur, { bins, floor }).statistic,
      psi_width: populationStabilityIndex(ref, cur, { bins, floor, binning: 'width' }).statistic,
      js_distance: jensenShannonOfCounts(a, b, { floor }).statistic,
      kl_ref_cur: kullbackLeiblerOfCounts(a, b, { floor }).statistic,
      hellinger: hellingerOfCounts(a, b, { floor }).statistic,
      mmd2_unbiased: mmd('unbiased'),
      mmd2_biased: mmd('biased'),
    };
    const { psi_inner_edges, psi_ref_counts, psi_cur_counts, mahalanobis_first5: __, ...numbers } = expected;
    expect([...a, ...b]).toEqual([...psi_ref_counts, 0, ...psi_cur_counts, 0]);
    expect([...cells.innerEdges].every((edge, i) => agrees(edge, psi_inner_edges[i]!)) && cells.innerEdges.length === psi_inner_edges.length).toBe(true);
    expect(populationStabilityIndexOfCounts(a, b, { floor }).statistic).toBe(found.psi);
    expect(Object.keys(found).sort()).toEqual(Object.keys(numbers).sort());
    expect(Object.entries(numbers).filter(([name, value]) => !agrees(found[name]!, value)).map(([name, value]) => [name, value, found[name]])).toEqual([]);
  });

  it.each(multivariate)('%s: every number of two samples of rows', (_, { input: { X, Y, counts }, params: { mmd_sigma: bandwidth }, expected }) => {
    const [hotelling, chi] = [hotellingTest(X, Y), chiSquareOfCounts(counts[0]!, counts[1]!)];
    const found: Record<string, number> = {
      mmd2_unbiased: meanDiscrepancySync(X, Y, { bandwidth }).statistic,
      mmd2_biased: meanDiscrepancySync(X, Y, { bandwidth, estimator: 'biased' }).statistic,
      energy_dist2: multivariateEnergyDistanceSync(X, Y).statistic ** 2,
      chi2: chi.statistic,
      chi2_p: chi.pValue,
      hotelling_t2: hotelling.statistic,
      hotelling_p: hotelling.pValue,
    };
    const { mahalanobis_first5, ...numbers } = expected;
    expect(Object.keys(found).sort()).toEqual(Object.keys(numbers).sort());
    expect(Object.entries(numbers).filter(([name, value]) => !agrees(found[name]!, value as number)).map(([name]) => name)).toEqual([]);
    const distances = mahalanobisDistances(X, Y.slice(0, 5));
    expect(mahalanobis_first5.every((value, i) => agrees(distances[i]!, value))).toBe(true);
  });
});
