/** Where things lie in memory: read by this package and by the kernel's own source, so only plain numbers stand here. */

/** Bytes of a control block; one per fit. Words that threads contend for have cache lines of their own. */
export const CONTROL_BYTES = 512;
/** Tasks of the current job nobody has taken. */
export const REMAINING = 0;
/** Tasks of the current job that are finished. */
export const DONE = 64;
/** Cursors of a partition: next left row and next right row, as pointers. */
export const LEFT_CURSOR = 128;
export const RIGHT_CURSOR = 192;
/** Kind of the current job, its number of tasks, and its parameters as words from PARAMETERS on. */
export const KIND = 256;
export const TASKS = 260;
export const PARAMETERS = 264;

/** Kinds of jobs. */
export const HISTOGRAM = 1;
export const FINISH = 2;
export const PARTITION = 3;
export const MARK = 4;
export const UPDATE = 5;
export const APPLY = 6;

/** Bytes of a thread's own scratch memory. */
export const SCRATCH_BYTES = 32768;
/** Rows whose bins and gradients a histogram collects at most before it adds them: they stay in a first-level cache beside the cells. */
export const HISTOGRAM_CHUNK = 192;
/** Rows a thread partitions at a time when several share a leaf. */
export const PARTITION_CHUNK = 4096;
/** Rows of one update task. Its sums are added in task order, so they do not depend on the threads. */
export const UPDATE_CHUNK = 16384;
/** Rows of one task that sends rows down a finished tree. */
export const APPLY_CHUNK = 8192;

/** Bins per feature: 255 for values and the last for missing. */
export const BINS = 256;
/** Bytes of a candidate split. */
export const CANDIDATE_BYTES = 64;
/** Bytes of a node of a finished tree, as APPLY reads it. */
export const NODE_BYTES = 16;
