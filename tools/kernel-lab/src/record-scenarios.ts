import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { guestCommand } from './guest-command.ts';
import type { Machine } from './machine/machine.ts';
import { judge, type Sum } from './suite-verdict.ts';

/** What is recorded, inside the repository. */
export const RECORDING = 'packages/conformance/scenarios/wrong-arguments.txt';

const HEADING = `# Asked of a real kernel, Linux 6.12, by \`npm run lab -- record\`: what it answers to every operation with every kind of
# argument, in every state. dummy_hcd taking scatter-gather at high speed, the system heap, udmabuf, and usbfs as the host.
`;

export interface RecordOptions {
  readonly repository: string;
  readonly timeout: number;
  readonly virtualTime: boolean;
  /** Compare with what is recorded, and write nothing. */
  readonly check: boolean;
  readonly print: (line: string) => void;
}

/** Records what the kernel of a machine answers, or compares. Nothing is written unless every outcome came twice. */
export async function recordScenarios(machine: Machine, options: RecordOptions): Promise<Sum> {
  const { repository, timeout, check, print } = options;
  const printed: string[] = [];
  const result = await machine.run({
    command: guestCommand(machine, 'record', ['--helper', '/tmp/programs/usbfs-host']),
    repository,
    timeout,
    virtualTime: options.virtualTime,
    print: (line) => void printed.push(line),
  });
  const verdict = judge(printed, result);
  for (const line of printed.filter((text) => text.startsWith('FAILED '))) print(line);
  for (const trouble of verdict.troubles) print(`FAILED: ${trouble}`);
  if (verdict.failed > 0) return verdict;
  const text = recordingOf(printed);
  const file = join(repository, RECORDING);
  if (!check) {
    await writeFile(file, text);
    print(`${RECORDING}: ${verdict.passed} scenarios`);
    return verdict;
  }
  const different = differences(await readFile(file, 'utf8'), text);
  for (const line of different) print(line);
  return different.length === 0 ? verdict : { ...verdict, passed: 0, failed: verdict.passed };
}

/** The file that the lines of the guest's program make: scenarios and their steps, without its report. */
export function recordingOf(printed: readonly string[]): string {
  const lines = printed.filter((line) => /^(scenario | {2}\S)/.test(line));
  return `${HEADING}${lines.map((line) => (line.startsWith('scenario ') ? `\n${line}` : line)).join('\n')}\n`;
}

/** Lines that two recordings do not share, with their numbers; none if they are the same. */
export function differences(recorded: string, played: string): string[] {
  const [old, now] = [recorded.split('\n'), played.split('\n')];
  return Array.from({ length: Math.max(old.length, now.length) }, (_, at) => at)
    .filter((at) => old[at] !== now[at])
    .flatMap((at) => [`  line ${at + 1}`, `-${old[at] ?? ''}`, `+${now[at] ?? ''}`]);
}
