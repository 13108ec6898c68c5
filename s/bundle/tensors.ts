/**
 * Named tensors in the safetensors layout: 8-byte little-endian header length, JSON header, data without holes.
 *
 * The reader trusts nothing: sizes by checked multiplication, offsets contiguous and inside the file, names unique and plain.
 *
 * @see https://github.com/huggingface/safetensors (format description)
 */
import { QuantwrightError, SchemaError } from '../core/errors.ts';
import { show } from '../core/assert.ts';
import type { Tensor } from '../learners/types.ts';

const DTYPES = { F64: Float64Array, F32: Float32Array, I32: Int32Array, U32: Uint32Array, U16: Uint16Array, U8: Uint8Array } as const;
type Dtype = keyof typeof DTYPES;

const MAX_HEADER_BYTES = 1 << 20;
const MAX_TENSORS = 4096;

function dtypeOf(tensor: Tensor): Dtype {
  for (const dtype of Object.keys(DTYPES) as Dtype[]) if (tensor instanceof DTYPES[dtype]) return dtype;
  throw new SchemaError(`encodeTensors: tensor must be one of ${Object.keys(DTYPES).join(', ')}, got ${show(tensor)}`);
}

/** The file of one-dimensional tensors, widest elements first so that every tensor is aligned, then by name. */
export function encodeTensors(tensors: Readonly<Record<string, Tensor>>): Uint8Array {
  const entries = Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, dtype: dtypeOf(tensor) }))
    .sort((a, b) => b.tensor.BYTES_PER_ELEMENT - a.tensor.BYTES_PER_ELEMENT || (a.name < b.name ? -1 : 1));
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const { name, tensor, dtype } of entries) {
    header[name] = { dtype, shape: [tensor.length], data_offsets: [offset, offset + tensor.byteLength] };
    offset += tensor.byteLength;
  }
  const text = JSON.stringify(header);
  const headerBytes = new TextEncoder().encode(text.padEnd(text.length + ((8 - (new TextEncoder().encode(text).length % 8)) % 8)));
  if (headerBytes.length > MAX_HEADER_BYTES || entries.length > MAX_TENSORS) throw new QuantwrightError('ERR_LIMIT', `encodeTensors: header must be at most ${MAX_HEADER_BYTES} bytes and ${MAX_TENSORS} tensors, got ${headerBytes.length} and ${entries.length}`);
  const file = new Uint8Array(8 + headerBytes.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  file.set(headerBytes, 8);
  let place = 8 + headerBytes.length;
  for (const { tensor } of entries) {
    file.set(new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength), place);
    place += tensor.byteLength;
  }
  return file;
}

interface TensorEntry {
  readonly dtype: Dtype;
  readonly length: number;
  readonly start: number;
}

/** The tensors of a file, copied out of it. @throws SchemaError unless every byte is accounted for */
export function decodeTensors(file: Uint8Array): Record<string, Tensor> {
  const fail = (what: string): SchemaError => new SchemaError(`decodeTensors: ${what}`);
  if (file.length < 8) throw fail(`file must have at least 8 bytes, got ${file.length}`);
  const headerLength = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  if (!(headerLength <= MAX_HEADER_BYTES) || 8 + headerLength > file.length) throw fail(`header length must fit the file and ${MAX_HEADER_BYTES} bytes, got ${headerLength}`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, 8 + headerLength)));
  } catch (cause) {
    throw new SchemaError('decodeTensors: header must be UTF-8 JSON', { cause });
  }
  if (header === null || typeof header !== 'object' || Array.isArray(header)) throw fail('header must be an object');
  const names = Object.keys(header);
  if (names.length > MAX_TENSORS) throw fail(`at most ${MAX_TENSORS} tensors, got ${names.length}`);
  const data = file.subarray(8 + headerLength);
  const entries = names.map((name) => [name, readEntry(name, (header as Record<string, unknown>)[name])] as const);
  let place = 0;
  const tensors: Record<string, Tensor> = Object.create(null) as Record<string, Tensor>;
  for (const [name, entry] of [...entries].sort((a, b) => a[1].start - b[1].start)) {
    const bytes = entry.length * DTYPES[entry.dtype].BYTES_PER_ELEMENT;
    if (entry.start !== place || place + bytes > data.length) throw fail(`tensor ${show(name)} must lie at ${place} inside the data, got ${entry.start} with ${bytes} bytes`);
    const copy = data.slice(place, place + bytes);
    tensors[name] = new DTYPES[entry.dtype](copy.buffer, 0, entry.length);
    place += bytes;
  }
  if (place !== data.length) throw fail(`data must end at ${place}, got ${data.length} bytes`);
  return tensors;
}

function readEntry(name: string, value: unknown): TensorEntry {
  const entry = value as { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null;
  const bad = (): SchemaError => new SchemaError(`decodeTensors: tensor ${show(name)} must have dtype, a one-dimensional shape and matching data_offsets`);
  if (!/^[\w./-]{1,200}$/.test(name) || name === '__proto__' || entry === null || typeof entry !== 'object') throw bad();
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPES, dtype) || !Array.isArray(shape) || shape.length !== 1 || !Array.isArray(offsets) || offsets.length !== 2) throw bad();
  const [length, start, end] = [shape[0], offsets[0], offsets[1]] as [unknown, unknown, unknown];
  if (!isSize(length) || !isSize(start) || !isSize(end) || end - start !== length * DTYPES[dtype as Dtype].BYTES_PER_ELEMENT) throw bad();
  return { dtype: dtype as Dtype, length, start };
}

const isSize = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2 ** 40;
