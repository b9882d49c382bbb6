/** Number of calls by name, from the summary of `strace -c`. */
export function countsOf(summary: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of summary.split('\n')) {
    // % time, seconds, usecs/call, calls, errors if there are any, name
    const match = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$/.exec(line);
    if (match !== null && match[2] !== 'total') counts.set(match[2]!, Number(match[1]));
  }
  return counts;
}

/** What `transfers` more transfers took, each; most frequent first. */
export function perTransfer(
  few: ReadonlyMap<string, number>,
  many: ReadonlyMap<string, number>,
  transfers: number,
): (readonly [name: string, calls: number])[] {
  return [...many]
    .map(([name, count]) => [name, (count - (few.get(name) ?? 0)) / transfers] as const)
    .filter(([, calls]) => calls > 0)
    .sort(([, a], [, b]) => b - a);
}
