import { tableLines } from '../terminal/table.ts';
import { formatRate, formatSize } from '../terminal/units.ts';
import type { Point, Prediction } from './measure.ts';
import type { Measurement } from './published.ts';

/** Formats a time: `43 µs`, `2.20 ms`. */
export function formatTime(nanoseconds: number): string {
  const microseconds = nanoseconds / 1000;
  return microseconds < 1000
    ? `${microseconds.toFixed(microseconds < 10 ? 1 : 0)} µs`
    : `${(microseconds / 1000).toPrecision(3)} ms`;
}

/** Formats the table: a line per size, a column per depth. @param columns width of the terminal, if there is one */
export function predictionLines({ points }: Prediction, columns?: number): string[] {
  const depths = [...new Set(points.map(({ depth }) => depth))];
  const sizes = [...new Set(points.map(({ size }) => size))];
  const cell = (point: Point): string => `${formatRate(point.bytesPerSecond)} ${formatTime(point.latency)}`;
  const rows = [
    ['size', ...depths.map((depth) => `depth ${depth}`)],
    ...sizes.map((size) => [formatSize(size), ...points.filter((point) => point.size === size).map(cell)]),
  ];
  return tableLines(rows, columns);
}

/** Formats a published measurement beside the prediction for the same size and depth. */
export function comparisonLine(measurement: Measurement, predicted: number): string {
  const { source, hardware, speed, direction, size, depth, bytesPerSecond, remark } = measurement;
  const where = `${formatSize(size)}, depth ${depth}, ${direction === 'both' ? 'both directions' : direction.toUpperCase()}, ${speed} speed`;
  const figures = `${formatRate(bytesPerSecond)} measured, ${formatRate(predicted)} predicted`;
  return `${hardware}, ${where}: ${figures} (${source}${remark ? `; ${remark}` : ''})`;
}
