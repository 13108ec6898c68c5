/** SHA-256 through WebCrypto, which every supported host has on globalThis. */
import { canonicalJson } from './codec.ts';

/** Lower-case hex SHA-256 of bytes. Shared memory is copied first: WebCrypto refuses it. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const own = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
  const hash = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', own));
  return Array.from(hash, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 of the canonical JSON of plain data: equal data, equal digest. */
export async function digestOf(value: unknown): Promise<string> {
  return sha256(new TextEncoder().encode(canonicalJson(value)));
}
