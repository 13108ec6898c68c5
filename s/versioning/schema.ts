/** Structure of the ops in a model's log. Fields added later are ignored; ops added later are not, see state.ts. */
import * as z from 'zod/mini';

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const size = z.number().check(z.int(), z.minimum(0), z.maximum(2 ** 31 - 1));

/** One publish: everything a reader needs to fetch the bundle and know that it has the very bytes. */
export interface RegisterOp {
  readonly op: 'register';
  /** The log's own model: a log moved under another name is refused. */
  readonly model: string;
  readonly version: number;
  /** Folder of the files. */
  readonly publishId: string;
  /** SHA-256 of the manifest. */
  readonly digest: string;
  readonly manifestBytes: number;
  /** File `<n>.bin` is entry n. */
  readonly parts: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly note?: string | undefined;
}

export const registerSchema: z.ZodMiniType<RegisterOp> = z.object({
  op: z.literal('register'),
  model: z.string(),
  version: z.number().check(z.int(), z.positive()),
  publishId: z.string().check(z.regex(/^[0-9a-f]{16}-[0-9a-f]{12}$/)),
  digest: sha256,
  manifestBytes: size,
  parts: z.array(z.object({ name: z.string().check(z.minLength(1), z.maxLength(96)), bytes: size, sha256 })).check(z.maxLength(64)),
  note: z.optional(z.string()),
});
