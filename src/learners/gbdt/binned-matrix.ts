/** Features as small integers. */
export { binMatrix, binMatrixTask } from './binning/bin-matrix.ts';
export type { BinMatrixOptions } from './binning/bin-matrix.ts';
export { featureEdges } from './binning/edges.ts';
export { MISSING_BIN, requireBinned, selectBinnedFeatures } from './binning/matrix.ts';
export type { BinnedMatrix } from './binning/matrix.ts';
