/** Grows one tree, best leaf first. */
import type { Task } from '../../core/drive.ts';
import { hashLabel, hashUniform } from '../../core/hash.ts';
import { BINS } from './kernel/layout.ts';
import type { FitKernel, NodeSums, RowRange } from './kernel/kernel.ts';
import { leafValue, UNBOUNDED } from './leaf-value.ts';
import type { Scales, ValueBounds } from './leaf-value.ts';
import type { GbdtSettings } from './options.ts';
import { scanCategorical } from './scan-categorical.ts';
import { scanNumeric } from './scan-numeric.ts';
import { candidateSplit, needsValues, scanLimits, splitJudge } from './split.ts';
import type { Split } from './split.ts';

/** What a tree is grown with. */
export interface TreeContext {
  readonly kernel: FitKernel;
  readonly settings: GbdtSettings;
  readonly scales: Scales;
  /** Whether hessians differ from 1. */
  readonly hessians: boolean;
  readonly binCounts: Int32Array;
  /** 1 where the tree may split on the feature, shape (features). */
  readonly features: Uint8Array;
  /** 1 where a feature is categorical. */
  readonly categorical: Uint8Array;
  /** Number of the tree among all of the fit, for draws. */
  readonly tree: number;
}

/** A node of a grown tree; children come after their parent. */
export interface GrownNode {
  readonly sums: NodeSums;
  readonly range: RowRange;
  readonly depth: number;
  readonly bounds: ValueBounds;
  /** Value as a leaf, before shrinkage. */
  readonly value: number;
  /** Features split on above. */
  readonly path: readonly number[];
  split: Split | undefined;
  left: number;
  right: number;
}

interface OpenLeaf {
  readonly node: number;
  /** Histogram; -1 when the leaf will not be split. */
  readonly slot: number;
  readonly split: Split | undefined;
}

/** Grows a tree on the rows of a range. */
export function* growTree(context: TreeContext, range: RowRange, sums: NodeSums): Task<GrownNode[]> {
  const { kernel, settings } = context;
  const { numLeaves, maxDepth, minDataInLeaf } = settings;
  const nodes: GrownNode[] = [newNode(context, sums, range, 0, UNBOUNDED, [])];
  const splittable = ({ sums: { count }, depth }: GrownNode): boolean => count >= 2 * minDataInLeaf && (maxDepth < 0 || depth < maxDepth);
  if (!splittable(nodes[0])) return nodes;
  yield* kernel.histogram(range, 0);
  const [rootSplit] = yield* findSplits(context, nodes, [0], [0, -1]);
  const leaves: OpenLeaf[] = [{ node: 0, slot: 0, split: rootSplit }];
  const free: number[] = [];
  let slots = 1;

  while (leaves.length < numLeaves) {
    let best = -1;
    for (let i = 0; i < leaves.length; i++) if ((leaves[i].split?.gain ?? 0) > (best < 0 ? 0 : (leaves[best].split?.gain ?? 0))) best = i;
    if (best < 0) break;
    const { node: parentIndex, slot, split } = leaves[best];
    if (split === undefined) break;
    const left = nodes.length;
    yield* splitNode(context, nodes, parentIndex, split);
    const [small, large] = split.left.count <= split.right.count ? [left, left + 1] : [left + 1, left];
    // The last split's children are never scanned, and leaves too small to split need no histogram.
    if (leaves.length + 1 >= numLeaves || !splittable(nodes[large])) {
      free.push(slot);
      leaves[best] = { node: left, slot: -1, split: undefined };
      leaves.push({ node: left + 1, slot: -1, split: undefined });
      continue;
    }
    const smallSlot = free.pop() ?? slots++;
    yield* kernel.histogram(nodes[small].range, smallSlot);
    const scanned = splittable(nodes[small]) ? [small, large] : [-1, large];
    const [smallSplit, largeSplit] = yield* findSplits(context, nodes, scanned, [smallSlot, slot]);
    if (smallSplit === undefined) free.push(smallSlot);
    if (largeSplit === undefined) free.push(slot);
    const opened = [{ node: small, slot: smallSplit === undefined ? -1 : smallSlot, split: smallSplit }, { node: large, slot: largeSplit === undefined ? -1 : slot, split: largeSplit }];
    leaves[best] = opened[small === left ? 0 : 1];
    leaves.push(opened[small === left ? 1 : 0]);
    yield kernel.progress;
  }
  return nodes;
}

function newNode({ scales, settings }: TreeContext, sums: NodeSums, range: RowRange, depth: number, bounds: ValueBounds, path: readonly number[]): GrownNode {
  return { sums, range, depth, bounds, value: leafValue(sums, scales, settings, bounds), path, split: undefined, left: -1, right: -1 };
}

function* splitNode(context: TreeContext, nodes: GrownNode[], parentIndex: number, split: Split): Task<void> {
  const parent = nodes[parentIndex];
  const { begin, end, side } = parent.range;
  const middle = begin + split.left.count;
  yield* context.kernel.partition(parent.range, split.rule, split.left.count);
  const to = side === 0 ? 1 : 0;
  const path = parent.path.includes(split.rule.feature) ? parent.path : [...parent.path, split.rule.feature];
  const [leftBounds, rightBounds] = childBounds(context, parent, split);
  parent.split = split;
  parent.left = nodes.length;
  parent.right = nodes.length + 1;
  nodes.push(
    newNode(context, split.left, { side: to, begin, end: middle }, parent.depth + 1, leftBounds, path),
    newNode(context, split.right, { side: to, begin: middle, end }, parent.depth + 1, rightBounds, path),
  );
}

// A monotone split lets neither side cross the middle between the two values, however deep it is split.
function childBounds({ settings, scales }: TreeContext, { value, bounds }: GrownNode, { rule, left, right }: Split): [ValueBounds, ValueBounds] {
  const inherited = { parentValue: value, lower: bounds.lower, upper: bounds.upper };
  const direction = settings.monotone?.[rule.feature] ?? 0;
  if (direction === 0) return [inherited, inherited];
  const middle = (leafValue(left, scales, settings, inherited) + leafValue(right, scales, settings, inherited)) / 2;
  const [below, above] = [{ ...inherited, upper: Math.min(bounds.upper, middle) }, { ...inherited, lower: Math.max(bounds.lower, middle) }];
  return direction > 0 ? [below, above] : [above, below];
}

/** Completes the histograms in the slots and finds the splits of up to two leaves; -1 for a leaf not wanted. The second slot holds the parent's cells, or is -1. */
function* findSplits(context: TreeContext, nodes: readonly GrownNode[], wanted: readonly number[], [smallSlot, largeSlot]: readonly [number, number]): Task<(Split | undefined)[]> {
  const { kernel, settings, scales, hessians } = context;
  const masks = wanted.map((node) => (node < 0 ? undefined : allowedFeatures(context, nodes[node], node)));
  const byValue = needsValues(settings);
  const limits = wanted.map((node) => (node < 0 || byValue ? undefined : scanLimits(nodes[node].sums, scales, hessians, settings)));
  const numeric = (leaf: number): Uint8Array => (masks[leaf] === undefined ? context.features : masks[leaf].numeric);
  // The two leaves may split on different features only when nodes draw or constrain them.
  const together = limits[0] === undefined || limits[1] === undefined || numeric(0) === numeric(1);
  const [first, second] = together
    ? yield* kernel.finish(smallSlot, largeSlot, true, numeric(limits[0] === undefined && wanted.length > 1 ? 1 : 0), [limits[0], limits[1]])
    : [(yield* kernel.finish(smallSlot, largeSlot, true, numeric(0), [limits[0], undefined]))[0], (yield* kernel.finish(smallSlot, largeSlot, false, numeric(1), [undefined, limits[1]]))[1]];
  return wanted.map((index, leaf) => {
    const mask = masks[leaf];
    if (mask === undefined) return undefined;
    const node = nodes[index];
    let best = candidateSplit(leaf === 0 ? first : second, node.sums, scales, settings);
    if (!byValue && mask.categorical.length === 0) return best;
    const judge = splitJudge(node.sums, node.value, node.bounds, scales, settings);
    const cells = new Float64Array(3 * BINS);
    const consider = (split: Split | undefined): void => {
      if (split !== undefined && split.gain > (best?.gain ?? 0)) best = split;
    };
    const slot = leaf === 0 ? smallSlot : largeSlot;
    if (byValue) {
      const stream = hashLabel(settings.seed, `cut ${context.tree} ${index}`);
      for (let feature = 0; feature < mask.numeric.length; feature++) {
        if (mask.numeric[feature] === 0) continue;
        kernel.cells(slot, feature, cells);
        const bins = context.binCounts[feature];
        const onlyBin = settings.extraTrees ? Math.floor(hashUniform(settings.seed, stream, feature) * Math.max(1, bins - 1)) : -1;
        consider(scanNumeric(cells, feature, bins, node.sums, judge, settings.monotone?.[feature] ?? 0, onlyBin));
      }
    }
    for (const feature of mask.categorical) {
      kernel.cells(slot, feature, cells);
      consider(scanCategorical(cells, feature, node.sums, judge, scales, settings));
    }
    return best;
  });
}

interface AllowedFeatures {
  /** 1 where a numeric feature may be split on. */
  readonly numeric: Uint8Array;
  readonly categorical: readonly number[];
}

const sharedMasks = new WeakMap<Uint8Array, AllowedFeatures>();

// Of the tree's features: those that share a group with every feature above the node, and of them a draw of the node's own.
function allowedFeatures(context: TreeContext, node: GrownNode, index: number): AllowedFeatures {
  const { settings, features } = context;
  const known = sharedMasks.get(features);
  if (known !== undefined) return known;
  if (settings.interactions === undefined && settings.featureFractionByNode === 1) {
    const mask = splitKinds(context, features);
    sharedMasks.set(features, mask);
    return mask;
  }
  let allowed = features;
  if (settings.interactions !== undefined) {
    allowed = new Uint8Array(features.length);
    for (const group of settings.interactions) if (node.path.every((feature) => group.includes(feature))) for (const feature of group) allowed[feature] = features[feature];
  }
  return splitKinds(context, settings.featureFractionByNode < 1 ? drawFeatures(allowed, settings.featureFractionByNode, settings.seed, `node ${context.tree} ${index}`) : allowed);
}

function splitKinds({ categorical }: TreeContext, allowed: Uint8Array): AllowedFeatures {
  const numeric = Uint8Array.from(allowed, (flag, f) => (categorical[f] === 1 ? 0 : flag));
  const chosen: number[] = [];
  allowed.forEach((flag, f) => {
    if (flag === 1 && categorical[f] === 1) chosen.push(f);
  });
  return { numeric, categorical: chosen };
}

/** A share of the features that are 1, at least one, drawn without replacement. */
export function drawFeatures(from: Uint8Array, fraction: number, seed: number, label: string): Uint8Array {
  const candidates = Array.from(from.keys()).filter((f) => from[f] === 1);
  const wanted = Math.max(1, Math.round(fraction * candidates.length));
  if (wanted >= candidates.length) return from;
  const stream = hashLabel(seed, label);
  const draws = candidates.map((f) => ({ f, draw: hashUniform(seed, stream, f) })).sort((a, b) => a.draw - b.draw || a.f - b.f);
  const drawn = new Uint8Array(from.length);
  for (const { f } of draws.slice(0, wanted)) drawn[f] = 1;
  return drawn;
}

