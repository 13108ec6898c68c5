/** Sizes that binning shares with its kernel. */

/** Entries of a search table: edges, then infinities. */
export const TABLE_LENGTH = 256;
/** Bytes of the kernel's tables: 16 and 256 edges in single precision, 256 in double. */
export const TABLE_BYTES = 3136;
/** Rows that are copied into the kernel's memory and binned at a time. */
export const PLACE_ROWS = 8192;
/** Counters of the sort's six digits. */
export const COUNTERS = 12800;
