import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { killGroup, whenInterrupted } from '../interruption.ts';
import { LabError } from '../lab-error.ts';
import { Console } from './console.ts';
import type { RunOptions, RunResult } from './machine.ts';

/** The options with which a machine is started. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** What its descriptor 3 is connected to. */
  readonly line?: Duplex | undefined;
}

/** Starts a machine, reads its console, and stops it when it takes too long. */
export function watch(
  program: string,
  args: readonly string[],
  options: RunOptions,
  { env = {}, line }: Surroundings = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const console = new Console(options);
    const began = performance.now();
    let hung = false;
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: [...(options.interactive ? INHERITED : WATCHED), ...(line === undefined ? [] : ['pipe' as const])],
      // A group of its own: User-Mode Linux is several processes.
      detached: !options.interactive,
    });
    const stop = (): void => (options.interactive ? void child.kill('SIGKILL') : killGroup(child.pid));
    const watchdog = options.interactive
      ? undefined
      : setTimeout(() => {
          hung = true;
          stop();
        }, options.timeout * 1000);
    const ended = whenInterrupted(stop);
    if (line !== undefined) connect(child.stdio[3] as Duplex, line);
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => console.write(chunk));
    child.on('error', (cause) => {
      ended();
      clearTimeout(watchdog);
      reject(new LabError(`${program} cannot be run: ${cause.message}`, { cause }));
    });
    child.on('close', () => {
      ended();
      clearTimeout(watchdog);
      const duration = (performance.now() - began) / 1000;
      resolve({ status: console.status, faults: console.faults, hung, duration });
    });
  });
}

const INHERITED = ['inherit', 'inherit', 'inherit'] as const;
const WATCHED = ['ignore', 'pipe', 'inherit'] as const;

function connect(one: Duplex, other: Duplex): void {
  // Either may end first.
  one.on('error', () => {});
  one.pipe(other, { end: false }).pipe(one, { end: false });
}
