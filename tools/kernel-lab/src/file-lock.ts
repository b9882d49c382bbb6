import { spawn } from 'node:child_process';
import { LabError } from './lab-error.ts';

/**
 * Takes the lock of a file, which no other process has then, and which ends with this process whatever becomes of it.
 *
 * @param path is created if it is not there, and stays
 * @param waiting called once if somebody else has the lock
 * @throws LabError if flock(1) cannot be run
 */
export function lockFile(path: string, waiting: () => void): Promise<Disposable> {
  return new Promise((resolve, reject) => {
    // The lock is held for as long as the program's standard input stays open.
    const holder = spawn('flock', [path, '-c', 'echo locked; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    const impatient = setTimeout(waiting, 1000);
    holder.stdout.once('data', () => {
      clearTimeout(impatient);
      resolve({ [Symbol.dispose]: () => void holder.stdin.end() });
    });
    holder.once('error', (cause) => {
      clearTimeout(impatient);
      reject(new LabError(`flock cannot be run (package util-linux): ${cause.message}`, { cause }));
    });
    holder.once('exit', (status) => {
      clearTimeout(impatient);
      reject(new LabError(`flock ${path} ended with status ${status}`));
    });
  });
}
