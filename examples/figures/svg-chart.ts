/** A plot as SVG text: panels with axes, and marks in them. No more than the figures of the guides need. */

export const COLORS = { blue: '#0072b2', red: '#d55e00', green: '#009e73', grey: '#8a8a8a', text: '#222222', grid: '#e4e4e4' } as const; // Okabe and Ito (2008)

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface PanelOptions {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Values at the left and right, and at the bottom and top. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly title?: string;
}

/** Values to pixels, and the axes as SVG. */
export interface Panel {
  px(value: number): number;
  py(value: number): number;
  readonly axes: string;
}

type Values = ArrayLike<number>;

const digits = (value: number): string => String(Math.round(10 * value) / 10);
const clamp = (value: number, from: number, to: number): number => Math.min(Math.max(value, Math.min(from, to)), Math.max(from, to));
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${digits(x)}" y="${digits(y)}" ${attributes}>${escaped(content)}</text>`;
}

/** A panel; values outside its range are drawn at its edge. */
export function panel({ left, top, width, height, x, y, xTicks, yTicks, xLabel, yLabel, title }: PanelOptions): Panel {
  const px = (value: number): number => left + (width * (clamp(value, x[0], x[1]) - x[0])) / (x[1] - x[0]);
  const py = (value: number): number => top + height - (height * (clamp(value, y[0], y[1]) - y[0])) / (y[1] - y[0]);
  const bottom = top + height;
  const axes = [
    ...yTicks.map(({ at, text: label }) => `<path d="M${left},${digits(py(at))}h${width}" stroke="${COLORS.grid}"/>${text(left - 6, py(at) + 4, label, 'text-anchor="end"')}`),
    ...xTicks.map(({ at, text: label }) => `<path d="M${digits(px(at))},${bottom}v5" stroke="${COLORS.text}"/>${text(px(at), bottom + 18, label, 'text-anchor="middle"')}`),
    `<path d="M${left},${bottom}h${width}" stroke="${COLORS.text}"/>`,
    xLabel === undefined ? '' : text(left + width / 2, bottom + 36, xLabel, 'text-anchor="middle"'),
    yLabel === undefined ? '' : text(0, 0, yLabel, `text-anchor="middle" transform="translate(${left - 48},${top + height / 2}) rotate(-90)"`),
    title === undefined ? '' : text(left, top - 10, title, 'font-weight="600"'),
  ];
  return { px, py, axes: axes.join('') };
}

/** A line through the points; a NaN breaks it. */
export function line({ px, py }: Panel, xs: Values, ys: Values, color: string, attributes = ''): string {
  let path = '';
  for (let i = 0; i < ys.length; i++) if (ys[i] === ys[i]) path += `${i === 0 || ys[i - 1] !== ys[i - 1] ? 'M' : 'L'}${digits(px(xs[i]))},${digits(py(ys[i]))}`;
  return `<path d="${path}" fill="none" stroke="${color}" stroke-linejoin="round" ${attributes}/>`;
}

/** The area between two lines. */
export function band({ px, py }: Panel, xs: Values, lower: Values, upper: Values, color: string): string {
  const points = (ys: Values): string[] => Array.from(ys, (y, i) => `${digits(px(xs[i]))},${digits(py(y))}`);
  return `<path d="M${points(upper).join('L')}L${points(lower).reverse().join('L')}Z" fill="${color}" fill-opacity="0.18"/>`;
}

export function dots({ px, py }: Panel, xs: Values, ys: Values, color: string, radius = 2, attributes = ''): string {
  return Array.from(ys, (y, i) => `<circle cx="${digits(px(xs[i]))}" cy="${digits(py(y))}" r="${radius}" fill="${color}" ${attributes}/>`).join('');
}

/** Vertical bars from lower to upper. */
export function bars({ px, py }: Panel, xs: Values, lower: Values, upper: Values, color: string, width = 1.5): string {
  return Array.from(xs, (x, i) => `<path d="M${digits(px(x))},${digits(py(lower[i]))}V${digits(py(upper[i]))}" stroke="${color}" stroke-width="${width}"/>`).join('');
}

/** Entries side by side, each as wide as its text seems to be. */
export function legend(left: number, top: number, entries: readonly (readonly [name: string, color: string, mark?: 'line' | 'dash' | 'dot'])[]): string {
  let x = left;
  return entries.map(([name, color, mark = 'line']) => {
    const key = mark === 'dot' ? `<circle cx="${x + 11}" cy="${top - 4}" r="3" fill="${color}"/>` : `<path d="M${x},${top - 4}h22" stroke="${color}" stroke-width="2" ${mark === 'dash' ? 'stroke-dasharray="5 3"' : ''}/>`;
    const entry = `${key}${text(x + 28, top, name)}`;
    x += 28 + 6.9 * name.length + 18;
    return entry;
  }).join('');
}

/** The document, on white, so that it reads on dark pages too. */
export function svgDocument(width: number, height: number, description: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="DejaVu Sans, Verdana, sans-serif" font-size="12" fill="${COLORS.text}">\n<title>${escaped(description)}</title>\n<rect width="${width}" height="${height}" fill="#ffffff"/>\n${parts.join('\n')}\n</svg>\n`;
}
