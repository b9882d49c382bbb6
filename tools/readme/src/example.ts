/** One ```ts block of a README. */
export interface Example {
  /** Line of the README on which the block's code starts, counted from 1. */
  readonly line: number;
  /** The block after as many empty lines as precede it, so that its line numbers are those of the README. */
  readonly code: string;
  /** The lines that the block prints according to its `// => text` comments, in order. */
  readonly prints: readonly string[];
}

/** Finds the ```ts blocks of a Markdown text. */
export function examplesOf(markdown: string): Example[] {
  const examples: Example[] = [];
  const lines = markdown.split('\n');
  for (let start = lines.indexOf('```ts') + 1; start > 0; start = lines.indexOf('```ts', start) + 1) {
    const end = lines.indexOf('```', start);
    if (end < 0) throw new Error(`The block that starts on line ${start} has no end.`);
    const block = lines.slice(start, end);
    examples.push({
      line: start + 1,
      code: `${'\n'.repeat(start)}${block.join('\n')}\nexport {};\n`,
      prints: block.flatMap((line) => /\/\/ => (.*)$/.exec(line)?.[1]?.trimEnd() ?? []),
    });
  }
  return examples;
}
