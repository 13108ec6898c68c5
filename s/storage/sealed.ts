/**
 * Sealed JSON: one line with the SHA-256 of what follows, then canonical JSON.
 *
 * A flipped, missing or added byte anywhere is found before a byte is parsed: in the first line it spoils the digest, after it the data.
 */
import { canonicalJson, fromPlain } from '../core/codec.ts';
import type { Plain } from '../core/codec.ts';
import { sha256 } from '../core/digest.ts';
import { QuantwrightError, SchemaError } from '../core/errors.ts';

const HEAD_BYTES = 65; // 64 hexadecimal digits and a line feed

export interface Sealed {
  readonly body: Uint8Array;
  /** SHA-256 of the whole body, its first line included. */
  readonly digest: string;
}

/** The sealed bytes of plain data. */
export async function seal(value: unknown): Promise<Sealed> {
  const json = new TextEncoder().encode(canonicalJson(value));
  const head = new TextEncoder().encode(`${await sha256(json)}\n`);
  const body = new Uint8Array(HEAD_BYTES + json.length);
  body.set(head);
  body.set(json, HEAD_BYTES);
  return { body, digest: await sha256(body) };
}

/**
 * The value of a sealed body.
 *
 * @param name - what the body is, for the message
 * @throws QuantwrightError `ERR_INTEGRITY` before anything is parsed
 */
export async function unseal(fn: string, name: string, body: Uint8Array): Promise<{ readonly value: unknown; readonly digest: string }> {
  const json = body.subarray(HEAD_BYTES);
  const head = String.fromCharCode(...body.subarray(0, HEAD_BYTES));
  if (head !== `${await sha256(json)}\n`) throw new QuantwrightError('ERR_INTEGRITY', `${fn}: ${name} must match the digest in its first line`, { details: { name } });
  let plain: Plain;
  try {
    plain = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)) as Plain;
  } catch (cause) {
    throw new SchemaError(`${fn}: ${name} must hold JSON after its first line`, { cause });
  }
  return { value: fromPlain(plain), digest: await sha256(body) };
}
