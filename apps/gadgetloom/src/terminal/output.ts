/** Where a command writes. */
export interface Output {
  /** A line of the result. */
  line(text: string): void;
  /** A line about what went wrong. */
  error(text: string): void;
  /** What there is to draw on, if a person is looking. */
  readonly terminal: NodeJS.WriteStream | undefined;
}

/** Standard output for results, standard error for complaints and for what moves. */
export const standardOutput: Output = {
  line: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  terminal: process.stdout.isTTY && process.stderr.isTTY ? process.stderr : undefined,
};
