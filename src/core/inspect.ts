/** Results print themselves in Node and in notebooks: a short text instead of their fields. */

const CUSTOM: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** The same object with a hidden printer; structured clone and the plain codec do not see it. */
export function printable<T extends object>(value: T, print: (value: T) => string): T {
  Object.defineProperty(value, CUSTOM, { value: () => print(value), enumerable: false, writable: false });
  return value;
}

/** A fixed-width text table. Numbers are right-aligned with `digits` significant digits. */
export function textTable(rows: readonly Readonly<Record<string, unknown>>[], digits = 4): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => cellText(row[column], digits)));
  const widths = columns.map((column, j) => cells.reduce((width, row) => Math.max(width, row[j].length), column.length));
  const isNumeric = columns.map((column) => rows.some((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]): string => row.map((cell, j) => (isNumeric[j] ? cell.padStart(widths[j]) : cell.padEnd(widths[j]))).join('  ').trimEnd();
  return [line(columns), line(widths.map((w) => '-'.repeat(w))), ...cells.map(line)].join('\n');
}

function cellText(value: unknown, digits: number): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'number') return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : String(value);
}
