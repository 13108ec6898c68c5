/** A panel as four little-endian float32 files, so that every engine reads the same bytes. */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeatureMatrix } from 'quantwright/learners';
import type { BenchPanel, PanelPart } from './generate.ts';

export function writePanel(dir: string, panel: BenchPanel): void {
  mkdirSync(dir, { recursive: true });
  for (const name of ['train', 'test'] as const) {
    writeFileSync(join(dir, `${name}-x.f32`), panel[name].values);
    writeFileSync(join(dir, `${name}-y.f32`), panel[name].labels);
  }
}

export function readLabels(dir: string, part: 'train' | 'test'): Float32Array {
  const bytes = readFileSync(join(dir, `${part}-y.f32`));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

// Read a piece at a time, so that the file never lies in memory next to the columns and peak memory is the engine's.
const ROWS_PER_PIECE = 4096;

export function readMatrix(dir: string, part: 'train' | 'test', names: readonly string[]): FeatureMatrix {
  const path = join(dir, `${part}-x.f32`);
  const rowCount = statSync(path).size / (4 * names.length);
  const columns = names.map(() => new Float32Array(rowCount));
  const piece = new Float32Array(ROWS_PER_PIECE * names.length);
  const file = openSync(path, 'r');
  try {
    for (let from = 0; from < rowCount; from += ROWS_PER_PIECE) {
      const rows = Math.min(ROWS_PER_PIECE, rowCount - from);
      const wanted = rows * names.length * 4;
      if (readSync(file, new Uint8Array(piece.buffer, 0, wanted)) !== wanted) throw new Error(`bench gbdt: ${path} ends early`);
      fill(columns, from, piece, rows);
    }
  } finally {
    closeSync(file);
  }
  return { rowCount, names, columns };
}

/** Rows in memory as columns. */
export function matrixOf(part: PanelPart, names: readonly string[]): FeatureMatrix {
  const rowCount = part.labels.length;
  const columns = names.map(() => new Float32Array(rowCount));
  fill(columns, 0, part.values, rowCount);
  return { rowCount, names, columns };
}

function fill(columns: readonly Float32Array[], from: number, rowMajor: Float32Array, rows: number): void {
  columns.forEach((column, f) => {
    for (let r = 0; r < rows; r++) column[from + r] = rowMajor[r * columns.length + f];
  });
}
