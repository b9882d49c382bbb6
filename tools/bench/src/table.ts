import type { Result } from './benchmark.ts';

/** The results as columns that line up. */
export function formatTable(results: readonly Result[]): string {
  const rows = results.map(({ name, ours, rival, unit, ratio, target, met }) => [
    name,
    `${short(ours)} ${unit}`,
    rival === null ? '' : `${short(rival)} ${unit}`,
    ratio === null ? '' : ratio.toFixed(2),
    ratio === null ? `${short(target)} ${unit}` : String(target),
    met ? 'yes' : 'NO',
  ]);
  return formatColumns([['benchmark', 'ours', 'rival', 'ratio', 'target', 'met'], ...rows]);
}

/** Rows as columns that line up: the first to the left, the others to the right. */
export function formatColumns(all: readonly (readonly string[])[]): string {
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))))
    .map((cells) => `${cells.join('  ').trimEnd()}\n`)
    .join('');
}

/** Four digits that matter, in groups of three: `5.213`, `400 000`. */
function short(value: number): string {
  if (Math.abs(value) < 1000) return String(Number(value.toPrecision(4)));
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
}
