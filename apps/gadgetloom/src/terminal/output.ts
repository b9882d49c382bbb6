import { fold } from './fold.ts';

/** Where a command writes. */
export interface Output {
  /**
   * A line of the result.
   *
   * @param hang given for a line of words: a terminal that is too narrow for it shows further lines, which begin with so
   *   many spaces. Without it the line stays whole: tables, JSON and what other programs read.
   */
  line(text: string, hang?: number): void;
  /** A line about what went wrong. */
  error(text: string): void;
  /** What there is to draw on, if a person is looking. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /** Columns of the terminal that results go to; without it they go elsewhere. */
  readonly columns?: number | undefined;
}

/** Some terminals say that they have 0 columns. */
const columnsOf = ({ isTTY, columns }: NodeJS.WriteStream): number | undefined => (isTTY && columns) || undefined;

/** Standard output for results, standard error for complaints and for what moves. */
export const standardOutput: Output = {
  line: (text, hang) =>
    void process.stdout.write(`${hang === undefined ? text : fold(text, columnsOf(process.stdout), hang)}\n`),
  error: (text) => void process.stderr.write(`${fold(text, columnsOf(process.stderr), 2)}\n`),
  terminal: process.stdout.isTTY && process.stderr.isTTY ? process.stderr : undefined,
  get columns() {
    return columnsOf(process.stdout);
  },
};

/** The same, with standard output left free for the result itself: everything goes where complaints go. */
export const withoutResults = (output: Output): Output => ({ ...output, line: output.error, columns: undefined });
