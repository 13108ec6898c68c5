/** Why a model predicts what it does. */
export { permutationImportance, permutationImportanceSync, permutationImportanceTask } from './permutation-importance.ts';
export type { FeatureImportance, PermutationImportanceInput } from './permutation-importance.ts';
