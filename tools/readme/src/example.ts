/** One ```ts block of a README. */
export interface Example {
  /** Line of the README on which the block's code starts, from 1. */
  readonly line: number;
  /** The block, with empty lines in front: line numbers in it are line numbers of the README. */
  readonly code: string;
  /** What the block says that it prints: its `// => text` comments, in order. */
  readonly prints: readonly string[];
}

/** The ```ts blocks of a Markdown text. */
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
