/**
 * Breaks lines that are too long for a terminal between words. A word that is longer than a line stays whole.
 *
 * @param columns width of the terminal; `undefined` leaves the text unchanged
 * @param hang spaces before each further line, in addition to those at the start of the line itself
 */
export function fold(text: string, columns: number | undefined, hang = 0): string {
  if (columns === undefined) return text;
  return text
    .split('\n')
    .map((line) => foldLine(line, columns, hang))
    .join('\n');
}

function foldLine(line: string, columns: number, hang: number): string {
  const own = /^ */.exec(line)![0].length;
  // A narrow terminal has no room for a deep indentation.
  const margin = ' '.repeat(Math.min(own + hang, Math.floor(columns / 2)));
  const lines = [''];
  for (const word of line.match(/ *[^ ]+/g) ?? []) {
    const last = lines.length - 1;
    const current = lines[last]!;
    if (current.trim() === '' || width(current) + width(word) <= columns) lines[last] = current + word;
    else lines.push(margin + word.trimStart());
  }
  return lines.join('\n');
}

/** Counts characters, not UTF-16 units. */
const width = (text: string): number => [...text].length;
