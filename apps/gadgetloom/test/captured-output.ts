import { main, type Output } from '../src/index.ts';

/** What a command line printed, and how it ended. */
export interface Captured {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line with nobody looking. */
export async function gadgetloom(...args: string[]): Promise<Captured> {
  const [out, err]: [string[], string[]] = [[], []];
  const output: Output = { line: (text) => out.push(text), error: (text) => err.push(text), terminal: undefined };
  const status = await main(args, output);
  return { status, out: out.join('\n'), err: err.join('\n') };
}
