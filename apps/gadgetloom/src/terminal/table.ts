/**
 * Formats the lines of a table, flush right. If a terminal is too narrow, the remaining columns follow in further
 * blocks, and each block begins with the first column.
 *
 * @param rows the headings first
 */
export function tableLines(rows: readonly (readonly string[])[], columns: number | undefined): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines: string[] = [];
  for (let first = 1; first < widths.length; ) {
    let end = first + 1;
    let total = widths[0]! + GAP + widths[first]!;
    while (end < widths.length && total + GAP + widths[end]! <= (columns ?? Number.POSITIVE_INFINITY)) {
      total += GAP + widths[end]!;
      end++;
    }
    const block = [0, ...Array.from({ length: end - first }, (_, at) => first + at)];
    for (const row of rows)
      lines.push(block.map((column) => row[column]!.padStart(widths[column]!)).join(' '.repeat(GAP)));
    first = end;
  }
  return lines;
}

const GAP = 2;
