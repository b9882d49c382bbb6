import { spawn } from 'node:child_process';
import { killGroup, whenInterrupted } from './interruption.ts';
import { LabError } from './lab-error.ts';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Buffer;
}

/** Runs a program to its end and gives what it printed. @throws LabError with the end of its output if it fails */
export function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const ended = whenInterrupted(() => killGroup(child.pid));
    const out: Buffer[] = [];
    const all: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk);
      all.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => all.push(chunk));
    // The program may close its input before it has read everything: its exit status tells what that means.
    child.stdin.on('error', () => {});
    child.on('error', (cause) => {
      ended();
      reject(new LabError(`${program} cannot be run: ${cause.message}`, { cause }));
    });
    child.on('close', (status) => {
      ended();
      if (status === 0) return resolve(Buffer.concat(out));
      const tail = Buffer.concat(all).toString('utf8').trimEnd().split('\n').slice(-15).join('\n');
      reject(new LabError(`${[program, ...args].join(' ')} failed with status ${status}:\n${tail}`));
    });
    child.stdin.end(options.input);
  });
}

/** True if a program of that name is on the path. */
export async function hasProgram(name: string): Promise<boolean> {
  return command('sh', ['-c', `command -v ${name}`]).then(
    () => true,
    () => false,
  );
}
