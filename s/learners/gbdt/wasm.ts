/** Compiles the kernels that ship as text. */
import { base64ToBytes } from '../../core/base64.ts';

// The one import: field name "memory", kind memory, then the limits flag.
const MEMORY_IMPORT = [6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2];
const SHARED = 3;
const UNSHARED = 1;

const compiled = new Map<string, WebAssembly.Module | undefined>();

/**
 * A kernel as a module, compiled once; undefined where WebAssembly is missing or the host forbids compiling.
 *
 * One blob serves shared and unshared memory: they differ in the limits flag of the imported memory, both with a maximum of 65536 pages.
 */
export function compileKernel(blob: string, shared: boolean): WebAssembly.Module | undefined {
  const key = `${shared} ${blob}`;
  if (!compiled.has(key)) compiled.set(key, compile(blob, shared));
  return compiled.get(key);
}

function compile(blob: string, shared: boolean): WebAssembly.Module | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  const bytes = base64ToBytes(blob).slice();
  const at = bytes.findIndex((_: number, i: number) => MEMORY_IMPORT.every((byte, k) => bytes[i + k] === byte));
  if (at < 0) return undefined;
  bytes[at + MEMORY_IMPORT.length] = shared ? SHARED : UNSHARED;
  try {
    return new WebAssembly.Module(bytes);
  } catch {
    return undefined; // no SIMD, or a content policy without wasm-unsafe-eval: the TypeScript kernel computes the same
  }
}
