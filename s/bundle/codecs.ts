/** Which code reads which kind of model: chosen by the host, never by the file. */
import { SchemaError } from '../core/errors.ts';
import { show } from '../core/assert.ts';
import { modelCodecs } from '../learners/codecs.ts';
import type { ModelCodec } from '../learners/codecs.ts';

/** Extra model kinds a host brings, by kind. */
export type HostCodecs = Readonly<Record<string, ModelCodec>>;

export interface BundleCodecOptions {
  /** Codecs of model kinds that are the host's own. */
  readonly codecs?: HostCodecs;
}

/** The codec of a model kind. @throws SchemaError when neither the package nor the host knows the kind */
export function codecOf(fn: string, kind: string, host: HostCodecs = {}): ModelCodec {
  const own: HostCodecs = modelCodecs;
  const codec = Object.hasOwn(host, kind) ? host[kind] : Object.hasOwn(own, kind) ? own[kind] : undefined;
  if (codec === undefined) {
    throw new SchemaError(`${fn}: model kind must be one of ${[...Object.keys(modelCodecs), ...Object.keys(host)].join(', ')} (pass \`codecs\` for a kind of your own), got ${show(kind)}`);
  }
  return codec;
}
