/** Prediction intervals with a finite-sample promise. Arrays and group codes in, plain data out. */
export { checkConformalFit, checkGroupCuts } from './check.ts';
export { chooseDispersion } from './choose-dispersion.ts';
export type { ChooseDispersionOptions, DispersionChoice, DispersionRows, DispersionScore } from './choose-dispersion.ts';
export type { ConformalFit } from './conformal-fit.ts';
export { fitConformal } from './fit.ts';
export type { ConformalOptions, ConformalRows } from './fit.ts';
export { fitGroupCuts, groupOf, groupsOf } from './groups.ts';
export type { GroupCuts } from './groups.ts';
export { conformalInterval, conformalIntervals } from './interval.ts';
export type { ConformalContext, ConformalContexts, ConformalInterval, ConformalIntervals, IntervalBasis } from './interval.ts';
export { conformalRadius, conformalRank } from './radius.ts';
export { splitConformal } from './split.ts';
export type { SplitConformalFit, SplitConformalOptions } from './split.ts';
