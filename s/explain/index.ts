/** Why a model predicts what it does. */
export { permutationImportance, permutationImportanceSync, permutationImportanceTask } from './permutation-importance.ts';
export type { FeatureImportance, PermutationImportanceInput } from './permutation-importance.ts';
export { treeShap, treeShapInteractions, treeShapInteractionsSync, treeShapInteractionsTask, treeShapSync, treeShapTask } from './tree-shap.ts';
export type { TreeShap, TreeShapInteractions, TreeShapOptions } from './tree-shap.ts';
export { shapImportance } from './tree-shap-importance.ts';
export type { ShapImportance } from './tree-shap-importance.ts';
