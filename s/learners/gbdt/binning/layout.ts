/** Sizes that the binning kernel's source and its host share: only plain numbers stand here. */

/** Entries of a search table: edges, then infinities. */
export const TABLE_LENGTH = 256;
/** Rows that are copied into the kernel's memory and binned at a time. */
export const PLACE_ROWS = 8192;
/** Counters of the sort's six digits. */
export const COUNTERS = 12800;
