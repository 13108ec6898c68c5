/** A bundle as bytes, the form stores and files hold. */

/** One named part: the manifest or a tensor file. */
export interface EncodedPart {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Lower-case hex SHA-256 of `bytes`. */
  readonly sha256: string;
}

export interface EncodedBundle {
  /** Canonical JSON; holds the digest of every other part. */
  readonly manifest: EncodedPart;
  /** In the order the manifest lists them. */
  readonly parts: readonly EncodedPart[];
  /** The bundle's digest: SHA-256 of the manifest bytes. Same data and recipe, same digest. */
  readonly digest: string;
}
