/** Intervals and P(up) from calibration rows, which no member has seen. */
import type { BundleUncertainty } from '../bundle/index.ts';
import { fitDirectionCalibrator } from '../calibration/index.ts';
import type { PlattFit } from '../calibration/index.ts';
import { chooseDispersion, fitConformal, fitGroupCuts, groupOf } from '../conformal/index.ts';
import { labelInfo } from '../features/index.ts';
import { dispersionName, GROUP_FEATURE } from './prepare.ts';
import type { Prepared } from './prepare.ts';

export interface Calibration {
  readonly uncertainty: BundleUncertainty | null;
  readonly direction: PlattFit | null;
}

/** Threshold above which an outcome counts as up; undefined for labels without a direction. */
function upThreshold(prepared: Prepared): number | undefined {
  const { signed, task } = labelInfo(prepared.recipe.label);
  return signed ? 0 : task === 'binary' ? 0.5 : undefined;
}

/**
 * Fits group cuts, the dispersion, the radii and the direction calibrator.
 *
 * @param predicted - ensemble values on `rows`, shape (rows)
 */
export function calibrate(prepared: Prepared, rows: Uint32Array, predicted: Float64Array): Calibration {
  if (rows.length === 0) return { uncertainty: null, direction: null };
  const { table, label, recipe, panel } = prepared;
  const gather = (name: string): Float64Array => {
    const column = table.columns[table.names.indexOf(name)];
    return Float64Array.from(rows, (row) => column[row]);
  };
  const residuals = Float64Array.from(rows, (row, r) => label.values[row] - predicted[r]);
  const sessions = Int32Array.from(rows, (row) => panel.session[row]);
  const { alpha, groups, dispersions } = recipe.uncertainty;

  const candidates = Object.fromEntries(Object.keys(dispersions).map((name) => [dispersionName(name), gather(dispersionName(name))]));
  const chosen = chooseDispersion({ residuals, candidates, sessions }, { alpha, gapSessions: labelInfo(recipe.label).horizon }).name;
  const groupValues = groups === null ? undefined : gather(GROUP_FEATURE);
  const groupCuts = groups === null || groupValues === undefined ? null : fitGroupCuts(groupValues, groups.count);
  const conformal = fitConformal({
    residuals,
    ...(chosen === 'constant' ? {} : { dispersion: candidates[chosen] }),
    ...(groupCuts === null || groupValues === undefined ? {} : { groups: Int32Array.from(groupValues, (v) => groupOf(groupCuts, v)), groupCount: groupCuts.groupCount }),
  }, { alpha });

  const threshold = upThreshold(prepared);
  const scales = chosen === 'constant' ? undefined : candidates[chosen];
  const direction = threshold === undefined ? null : fitDirectionCalibrator({
    predictions: predicted,
    ...(scales === undefined ? {} : { dispersion: scales }),
    outcomes: Float64Array.from(rows, (row) => label.values[row]),
    threshold,
  });
  return { uncertainty: Object.freeze({ dispersion: chosen, groupBy: groupCuts === null ? null : GROUP_FEATURE, groupCuts, conformal }), direction };
}
