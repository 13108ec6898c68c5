/** A one-line progress bar for terminals; silent elsewhere. */
import type { Progress } from 'quantwright';

export interface ProgressBar {
  readonly update: (progress: Progress) => void;
  readonly clear: () => void;
}

/** Writes to standard error, so that printed tables stay clean. */
export function progressBar(width = 24): ProgressBar {
  const out = process.stderr;
  if (!out.isTTY) return { update: () => {}, clear: () => {} };
  return {
    update: ({ phase, done, total }) => {
      const filled = total > 0 ? Math.round((width * done) / total) : 0;
      out.write(`\r[${'='.repeat(filled)}${' '.repeat(width - filled)}] ${phase.slice(0, 50).padEnd(50)}`);
    },
    clear: () => out.write(`\r${' '.repeat(width + 54)}\r`),
  };
}
