/** Intervals and P(up) from calibration rows, which no member has seen. */
import type { BundleUncertainty } from '../bundle/index.ts';
import { fitDirectionCalibrator } from '../calibration/index.ts';
import type { PlattFit } from '../calibration/index.ts';
import { chooseDispersion, fitConformal, fitGroupCuts, groupsOf } from '../conformal/index.ts';
import { labelInfo } from '../features/index.ts';
import { directionDispersion } from '../predictor/index.ts';
import { dispersionName, gather, GROUP_FEATURE } from './prepare.ts';
import type { Prepared } from './prepare.ts';

export interface Calibration {
  readonly uncertainty: BundleUncertainty | null;
  readonly direction: PlattFit | null;
}

/**
 * Fits group cuts, the dispersion, the radii and the direction calibrator.
 *
 * @param predicted - ensemble values on `rows`, shape (rows)
 */
export function calibrate(prepared: Prepared, rows: Uint32Array, predicted: Float64Array): Calibration {
  if (rows.length === 0) return { uncertainty: null, direction: null };
  const { table, label, recipe, panel } = prepared;
  const column = (name: string): Float64Array => gather(table.columns[table.names.indexOf(name)], rows);
  const outcomes = gather(label.values, rows);
  const residuals = outcomes.map((outcome, r) => outcome - predicted[r]);
  const { alpha, groups, dispersions } = recipe.uncertainty;
  const { horizon, signed } = labelInfo(recipe.label);

  const candidates = Object.fromEntries(Object.keys(dispersions).map((name) => [dispersionName(name), column(dispersionName(name))]));
  const chosen = chooseDispersion({ residuals, candidates, sessions: gather(panel.session, rows) }, { alpha, gapSessions: horizon }).name;
  const scale = chosen === 'constant' ? undefined : candidates[chosen];
  const groupValues = groups === null ? undefined : column(GROUP_FEATURE);
  const groupCuts = groups === null || groupValues === undefined ? null : fitGroupCuts(groupValues, groups.count);
  const conformal = fitConformal({
    residuals,
    ...(scale === undefined ? {} : { dispersion: scale }),
    ...(groupCuts === null || groupValues === undefined ? {} : { groups: groupsOf(groupCuts, groupValues), groupCount: groupCuts.groupCount }),
  }, { alpha });
  const direction = signed ? fitDirectionCalibrator({ predictions: predicted, outcomes, dispersion: predicted.map((_, r) => directionDispersion(recipe.label, scale?.[r] ?? 1)) }) : null;
  return { uncertainty: Object.freeze({ dispersion: chosen, groupBy: groupCuts === null ? null : GROUP_FEATURE, groupCuts, conformal }), direction };
}
