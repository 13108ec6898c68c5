/** A bundle to bytes. No clock, host or path inside: same data and recipe, same digest. */
import { canonicalJson } from '../core/codec.ts';
import { sha256 } from '../core/digest.ts';
import type { Tensor } from '../learners/types.ts';
import { codecOf } from './codecs.ts';
import type { BundleCodecOptions } from './codecs.ts';
import type { EncodedBundle, EncodedPart } from './encoded.ts';
import { makeBundle, TENSOR_PART } from './make.ts';
import { encodeTensors } from './tensors.ts';
import type { Bundle, BundleContent } from './types.ts';

/** The bytes of a bundle. */
export async function encodeBundle(bundle: BundleContent, options: BundleCodecOptions = {}): Promise<EncodedBundle> {
  const tensors: Record<string, Tensor> = {};
  const members = bundle.manifest.members.map((member, i) => {
    const encoded = codecOf('encodeBundle', member.kind, options.codecs).encode(bundle.models[i]);
    for (const [name, tensor] of Object.entries(encoded.tensors)) tensors[`members/${i}/${name}`] = tensor;
    return { ...member, plain: encoded.plain };
  });
  for (const [name, tensor] of Object.entries(bundle.outOfSample)) tensors[`outOfSample/${name}`] = tensor as Tensor;
  const part = await partOf(TENSOR_PART, encodeTensors(tensors));
  const { drift, ...manifestFields } = bundle.manifest;
  const json = canonicalJson({ ...manifestFields, ...(drift === null ? {} : { drift }), members, parts: [{ name: part.name, bytes: part.bytes.length, sha256: part.sha256 }] });
  const manifest = await partOf('manifest.json', new TextEncoder().encode(json));
  return Object.freeze({ manifest, parts: Object.freeze([part]), digest: manifest.sha256 });
}

async function partOf(name: string, bytes: Uint8Array): Promise<EncodedPart> {
  return Object.freeze({ name, bytes, sha256: await sha256(bytes) });
}

/** The bundle with its digest. */
export async function sealBundle(content: BundleContent, options: BundleCodecOptions = {}): Promise<Bundle> {
  return makeBundle(content, (await encodeBundle(content, options)).digest);
}
