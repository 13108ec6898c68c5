/** Memory for the bins of a matrix. */
import { borrow, bytesOf, createMemory } from '../kernel/memory.ts';
import type { KernelMemory } from '../kernel/memory.ts';

// A kernel reads a row's bins 16 at a time and may pass the end of the last row.
const READ_AHEAD = 16;

/** Where the bins of a matrix go. */
export interface BinRoom {
  readonly rowCount: number;
  readonly features: number;
  readonly stride: number;
  readonly rowMajor: Uint8Array;
  readonly columnMajor: Uint8Array;
  readonly memory: KernelMemory;
}

/** Room for the bins of a matrix, all zero, in a memory that can hold `extra` bytes besides. */
export function binRoom(rowCount: number, features: number, extra: number): BinRoom {
  const stride = (features + 3) & ~3;
  const plan = { rowMajor: ['u8', rowCount * stride], readAhead: ['u8', READ_AHEAD], columnMajor: ['u8', rowCount * features] } as const;
  const memory = createMemory(bytesOf(plan) + extra);
  const { rowMajor, columnMajor } = borrow(memory, plan).arrays; // for as long as the memory lives: nothing gives them back
  return { rowCount, features, stride, rowMajor, columnMajor, memory };
}
