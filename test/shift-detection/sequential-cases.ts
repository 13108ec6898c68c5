/** Cases of river and frouros, with the conventions of the file's own notes. */
import { readFileSync } from 'node:fs';
import { randomStream } from '../../src/core/random.ts';
import type { DetectorStatus } from '../../src/shift-detection/detector.ts';

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly input: { readonly stream: readonly number[] | string };
  readonly params: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

/** What a river detector did on a stream of errors. */
export interface ErrorRun {
  readonly params: Readonly<Record<string, number | boolean>>;
  readonly drifts: readonly number[];
  readonly first_warning: number | null;
  readonly n_warnings: number;
}

const { cases } = JSON.parse(readFileSync(new URL('./fixtures/sequential.json', import.meta.url), 'utf8')) as { cases: readonly Case[] };

/** Cases of a kind as rows of `it.each`: id, stream, the case. */
export function sequentialCases(kind: 'real_valued' | 'binary_errors' | 'frouros'): [string, readonly number[], Case][] {
  return cases.filter((c) => c.kind === kind).map((c) => [c.id, Array.from(c.input.stream, Number), c]);
}

export const indices = (statuses: readonly DetectorStatus[]): number[] => statuses.map((status) => status.index);

/** The run of a detector in the form of the cases. */
export function errorRun(detector: { update(value: number): DetectorStatus }, stream: readonly number[]): Omit<ErrorRun, 'params'> {
  const statuses = stream.map((value) => detector.update(value));
  const warnings = indices(statuses.filter((status) => status.level === 'warning'));
  return { drifts: indices(statuses.filter((status) => status.alarm)), first_warning: warnings[0] ?? null, n_warnings: warnings.length };
}

/** Independent normal values: `count` of mean 0, then as many more as `shifted` of mean `shift`. */
export function normals(seed: number, count: number, shifted = 0, shift = 0): number[] {
  const random = randomStream(seed, 'detector test');
  return Array.from({ length: count + shifted }, (_, i) => random.normal() + (i < count ? 0 : shift));
}

/** Independent errors, 1 with probability `before`, then `after`. */
export function errors(seed: number, count: number, before: number, changed = 0, after = 0): number[] {
  const random = randomStream(seed, 'detector test');
  return Array.from({ length: count + changed }, (_, i) => (random.uniform() < (i < count ? before : after) ? 1 : 0));
}
