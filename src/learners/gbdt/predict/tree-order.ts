/** A tree proven and ordered for the kernel. */
import type { GbdtModel } from '../model.ts';

/** Nodes of one tree, breadth first, so that siblings are neighbours. */
export interface TreeOrder {
  /** Node of the model by place; the root is first. */
  readonly nodes: Int32Array;
  /** Place of the left child by place, the right one follows it; -1 at a leaf. */
  readonly left: Int32Array;
  /** Leaves at or below each place. */
  readonly leaves: Int32Array;
}

/** Order of tree t, or undefined when its nodes are not one tree inside their range with features and thresholds that exist. */
export function orderTree(model: GbdtModel, t: number): TreeOrder | undefined {
  const first = model.treeStart[t];
  const end = model.treeStart[t + 1];
  if (!(first >= 0 && first < end && end <= model.feature.length)) return undefined;
  const nodes = new Int32Array(end - first);
  const left = new Int32Array(end - first).fill(-1);
  nodes[0] = first;
  let count = 1;
  for (let place = 0; place < count; place++) {
    const node = nodes[place];
    if (model.feature[node] < 0) continue;
    const l = model.left[node];
    const r = model.right[node];
    const proven = model.feature[node] < model.featureNames.length && !Number.isNaN(model.threshold[node]) && l > node && r > node && l < end && r < end && count + 2 <= nodes.length;
    if (!proven) return undefined;
    left[place] = count;
    nodes[count++] = l;
    nodes[count++] = r;
  }
  const leaves = new Int32Array(count);
  for (let place = count - 1; place >= 0; place--) leaves[place] = left[place] < 0 ? 1 : leaves[left[place]] + leaves[left[place] + 1];
  return { nodes: nodes.subarray(0, count), left, leaves };
}

/** Step of a program: the kind says which children are leaves; a child is a leaf number, or else a slot. */
export interface Instruction {
  readonly place: number;
  /** 0 both leaves, 1 right leaf, 2 left leaf, 3 neither. */
  readonly kind: number;
  readonly left: number;
  readonly right: number;
  /** Where the numbers of the leaves reached below this node go. */
  readonly slot: number;
}

/** Slots of programs of at most 256 leaves: a node needs one more than its children only when both need as many. */
export const SLOTS = 8;

/**
 * Inner nodes of a tree, children before parents, with leaves numbered from left to right. The child that needs more slots goes first.
 *
 * @see Sethi and Ullman (1970), The generation of optimal code for arithmetic expressions
 */
export function programOf({ left, leaves }: TreeOrder): Instruction[] {
  const need = new Uint8Array(leaves.length);
  for (let place = leaves.length - 1; place >= 0; place--) {
    if (left[place] < 0) continue;
    const a = need[left[place]];
    const b = need[left[place] + 1];
    need[place] = Math.max(1, a === b ? a + 1 : Math.max(a, b));
  }
  const program: Instruction[] = [];
  const emit = (place: number, firstLeaf: number, slot: number): void => {
    const l = left[place];
    const r = l + 1;
    const middle = firstLeaf + leaves[l];
    const kind = (left[l] < 0 ? 0 : 1) + (left[r] < 0 ? 0 : 2);
    if (kind === 3) {
      const leftFirst = need[l] >= need[r];
      const [leftSlot, rightSlot] = leftFirst ? [slot, slot + 1] : [slot + 1, slot];
      if (leftFirst) emit(l, firstLeaf, leftSlot);
      emit(r, middle, rightSlot);
      if (!leftFirst) emit(l, firstLeaf, leftSlot);
      program.push({ place, kind, left: leftSlot, right: rightSlot, slot });
      return;
    }
    if (kind === 1) emit(l, firstLeaf, slot);
    if (kind === 2) emit(r, middle, slot);
    program.push({ place, kind, left: kind === 1 ? slot : firstLeaf, right: kind === 2 ? slot : middle, slot });
  };
  if (left[0] >= 0) emit(0, 0, 0);
  return program;
}

/** Places of the leaves from left to right. */
export function leavesOf({ left, leaves }: TreeOrder): Int32Array {
  const firstLeaf = new Int32Array(leaves.length);
  const places = new Int32Array(leaves[0]);
  for (let place = 0; place < leaves.length; place++) {
    const l = left[place];
    if (l < 0) places[firstLeaf[place]] = place;
    else {
      firstLeaf[l] = firstLeaf[place];
      firstLeaf[l + 1] = firstLeaf[place] + leaves[l];
    }
  }
  return places;
}
