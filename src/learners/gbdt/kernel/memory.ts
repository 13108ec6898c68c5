/** Memory that kernels and threads can see: a binned matrix owns one, every fit borrows a part of it. */
import { QuantwrightError } from '../../../core/errors.ts';

const PAGE = 65536;
const MAX_PAGES = 65536;
const ALIGN = 128; // two cache lines: neighbours of different threads do not contend

/** Element types of borrowed arrays. */
interface ArrayTypes {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}
const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f64: Float64Array };

/** Name to element type and length. */
export type MemoryPlan = Readonly<Record<string, readonly [keyof ArrayTypes, number]>>;
/** The arrays of a plan. */
export type MemoryArrays<Plan extends MemoryPlan> = { readonly [Name in keyof Plan]: ArrayTypes[Plan[Name][0]] };

/** Where a kernel works. */
export interface KernelMemory {
  /** Undefined where WebAssembly is missing: then only the TypeScript kernel can work here. */
  readonly memory: WebAssembly.Memory | undefined;
  readonly shared: boolean;
  /** Bytes that are lent, and the first byte nobody has used. */
  readonly free: { start: number; end: number }[];
  top: number;
}

/** A borrowed part of a memory. */
export interface Lease<Plan extends MemoryPlan> {
  readonly arrays: MemoryArrays<Plan>;
  /** Gives the bytes back; the arrays must not be used any more. */
  release(): void;
}

/** Whether arrays over shared memory exist here: in a browser only on cross-origin isolated pages. */
function sharedMemoryExists(): boolean {
  return typeof SharedArrayBuffer === 'function' && (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;
}

/** A memory that can hold `bytes` at once; more is added as it is borrowed when the memory is shared. */
export function createMemory(bytes: number, shared: boolean = sharedMemoryExists()): KernelMemory {
  const pages = Math.ceil((bytes + ALIGN) / PAGE);
  if (pages > MAX_PAGES) throw outOfMemory(bytes);
  let memory: WebAssembly.Memory | undefined;
  if (typeof WebAssembly !== 'undefined') {
    try {
      memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, ...(shared ? { shared } : {}) });
    } catch {
      memory = undefined; // no room for 4 GiB of addresses: plain arrays do
    }
  }
  return { memory, shared: memory !== undefined && shared, free: [], top: ALIGN }; // nothing lies at address 0
}

/**
 * Lends arrays, all of a plan at once, zeroed only where the memory is new.
 *
 * A shared memory grows under its users. Growing another would detach every array over it, so there `bytes` must fit what was made.
 */
export function borrow<Plan extends MemoryPlan>(from: KernelMemory, plan: Plan): Lease<Plan> {
  const bytes = bytesOf(plan);
  if (from.memory === undefined) {
    const arrays = Object.fromEntries(Object.entries(plan).map(([name, [type, length]]) => [name, new TYPES[type](length)]));
    return { arrays: arrays as MemoryArrays<Plan>, release: () => {} };
  }
  const start = take(from, bytes);
  const { buffer } = from.memory;
  let at = start;
  const arrays: Record<string, unknown> = {};
  for (const [name, [type, length]] of Object.entries(plan)) {
    arrays[name] = new TYPES[type](buffer as ArrayBuffer, at, length);
    at += aligned(length * TYPES[type].BYTES_PER_ELEMENT);
  }
  let released = false;
  return {
    arrays: arrays as MemoryArrays<Plan>,
    release: () => {
      if (!released) giveBack(from, start, start + bytes);
      released = true;
    },
  };
}

/** Bytes a plan takes. */
export function bytesOf(plan: MemoryPlan): number {
  return Object.values(plan).reduce((sum, [type, length]) => sum + aligned(length * TYPES[type].BYTES_PER_ELEMENT), 0);
}

function aligned(bytes: number): number {
  return Math.ceil(Math.max(bytes, 1) / ALIGN) * ALIGN;
}

function take(from: KernelMemory, bytes: number): number {
  const gap = from.free.find(({ start, end }) => end - start >= bytes);
  if (gap !== undefined) {
    const { start } = gap;
    gap.start += bytes;
    if (gap.start === gap.end) from.free.splice(from.free.indexOf(gap), 1);
    return start;
  }
  const memory = from.memory as WebAssembly.Memory;
  const missing = Math.ceil((from.top + bytes - memory.buffer.byteLength) / PAGE);
  if (missing > 0) {
    if (!from.shared || memory.buffer.byteLength / PAGE + missing > MAX_PAGES) throw outOfMemory(from.top + bytes);
    try {
      memory.grow(missing);
    } catch (cause) {
      throw outOfMemory(from.top + bytes, cause);
    }
  }
  const start = from.top;
  from.top += bytes;
  return start;
}

function giveBack(from: KernelMemory, start: number, end: number): void {
  const gap = { start, end };
  for (const other of [...from.free]) {
    if (other.end !== gap.start && other.start !== gap.end) continue;
    gap.start = Math.min(gap.start, other.start);
    gap.end = Math.max(gap.end, other.end);
    from.free.splice(from.free.indexOf(other), 1);
  }
  if (gap.end === from.top) from.top = gap.start;
  else from.free.push(gap);
}

function outOfMemory(bytes: number, cause?: unknown): QuantwrightError {
  return new QuantwrightError('ERR_LIMIT', `fitGbdt: bins and working memory must fit 4 GiB and what the host has, got ${bytes} bytes`, cause === undefined ? {} : { cause });
}
