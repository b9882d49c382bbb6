import { scaleLinear, scaleLog } from 'd3-scale';
import { line } from 'd3-shape';
import { formatRate, formatSize } from '../terminal/units.ts';
import type { Point, Prediction } from './measure.ts';

const WIDTH = 720;
const HEIGHT = 420;
const MARGIN = { top: 48, right: 120, bottom: 56, left: 88 };
/** One colour per depth. People who see no red can tell them apart too (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#f0e442'];
/**
 * Widths of the first and the last curve. Curves often coincide, and the narrower one is drawn inside the wider one.
 */
const [WIDEST, NARROWEST] = [11, 2];

/** Draws throughput over the size of transfers, one curve per depth, as an SVG document. */
export function drawCurve({ points }: Prediction, title: string): string {
  const sizes = [...new Set(points.map(({ size }) => size))].sort((one, other) => one - other);
  const depths = [...new Set(points.map(({ depth }) => depth))];
  const first = sizes[0]!;
  const last = sizes.at(-1)!;
  const x = scaleLog(first === last ? [first / 2, first * 2] : [first, last], [MARGIN.left, WIDTH - MARGIN.right]);
  const most = Math.max(...points.map(({ bytesPerSecond }) => bytesPerSecond));
  const y = scaleLinear([0, most], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice();
  const path = line<Point>(
    ({ size }) => round(x(size)),
    ({ bytesPerSecond }) => round(y(bytesPerSecond)),
  );
  const rows = y.ticks(5).map((tick) => {
    const at = round(y(tick));
    return (
      `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}" stroke="#ddd"/>` +
      `<text x="${MARGIN.left - 8}" y="${at + 4}" text-anchor="end">${formatRate(tick)}</text>`
    );
  });
  const columns = sizes.map(
    (size) =>
      `<text x="${round(x(size))}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle">${formatSize(size)}</text>`,
  );
  const curves = depths.map((depth, at) => {
    const own = points.filter((point) => point.depth === depth).sort((one, other) => one.size - other.size);
    const colour = COLOURS[at % COLOURS.length];
    const width = round(WIDEST - ((WIDEST - NARROWEST) * (at + 1)) / depths.length);
    const dots = own.map(
      ({ size, bytesPerSecond }) =>
        `<circle cx="${round(x(size))}" cy="${round(y(bytesPerSecond))}" r="${round(width / 2 + 1)}" fill="${colour}"/>`,
    );
    const key = MARGIN.top + 8 + at * 20;
    const left = WIDTH - MARGIN.right + 16;
    return (
      `<path d="${path(own)}" fill="none" stroke="${colour}" stroke-width="${width}"/>${dots.join('')}` +
      `<line x1="${left}" x2="${left + 16}" y1="${key}" y2="${key}" stroke="${colour}" stroke-width="${width}"/>` +
      `<text x="${left + 22}" y="${key + 4}">depth ${depth}</text>`
    );
  });
  const middle = (MARGIN.left + WIDTH - MARGIN.right) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${middle}" y="24" text-anchor="middle" font-size="14">${escapeText(title)}</text>`,
    ...[...rows, ...columns, ...curves],
    `<text x="${middle}" y="${HEIGHT - 12}" text-anchor="middle">bytes of each transfer</text>`,
    '</svg>',
    '',
  ].join('\n');
}

const round = (value: number): number => Math.round(value * 10) / 10;

const escapeText = (text: string): string =>
  text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character]!);
