import { fold } from './fold.ts';

/** The output of a command. */
export interface Output {
  /**
   * Writes a line of the result.
   *
   * @param hang give it for a line of words: a terminal that is too narrow shows further lines, which begin with so
   * many spaces. Without it the line stays whole, as tables, JSON and input of other programs need.
   */
  line(text: string, hang?: number): void;
  /** Writes a line about an error. */
  error(text: string): void;
  /** The terminal to draw on, if there is one. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /** Columns of the terminal for results; `undefined` if results go elsewhere. */
  readonly columns?: number | undefined;
}

/** Some terminals report 0 columns. */
const columnsOf = ({ isTTY, columns }: NodeJS.WriteStream): number | undefined => (isTTY && columns) || undefined;

/** Writes results to standard output, and errors and progress to standard error. */
export const standardOutput: Output = {
  line: (text, hang) =>
    void process.stdout.write(`${hang === undefined ? text : fold(text, columnsOf(process.stdout), hang)}\n`),
  error: (text) => void process.stderr.write(`${fold(text, columnsOf(process.stderr), 2)}\n`),
  terminal: process.stdout.isTTY && process.stderr.isTTY ? process.stderr : undefined,
  get columns() {
    return columnsOf(process.stdout);
  },
};

/** Moves all lines to standard error, so that standard output is free for the result itself. */
export const withoutResults = (output: Output): Output => ({ ...output, line: output.error, columns: undefined });
