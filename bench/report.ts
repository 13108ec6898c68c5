/** One measured number. `peer` is another library's number for the same case, `target` the ceiling or floor it must meet. */
export interface BenchLine {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly peerValue?: number;
  /** value / peerValue, filled in when a peer is given. */
  readonly ratio?: number;
  readonly target?: number;
  /** Which side of the target is good; `met` follows from it. @default 'at-most' */
  readonly better?: 'at-most' | 'at-least';
  readonly met?: boolean;
}

/** Prints one measurement as a JSON line and returns it with ratio and met filled in. */
export function report(line: BenchLine): BenchLine {
  const { better = 'at-most', ...measured } = line;
  const ratio = line.ratio ?? (line.peerValue === undefined ? undefined : line.value / line.peerValue);
  const met = line.met ?? (line.target === undefined ? undefined : isMet(line.value, line.target, better));
  const printed = { ...measured, ...(ratio === undefined ? {} : { ratio }), ...(met === undefined ? {} : { met }) };
  console.log(JSON.stringify(printed));
  return printed;
}

function isMet(value: number, target: number, better: 'at-most' | 'at-least'): boolean {
  return better === 'at-most' ? value <= target : value >= target;
}
