import { spawn } from 'node:child_process';

/**
 * Runs a program without input and returns its standard output.
 *
 * @throws Error with the whole output, if the program fails
 */
export function shell(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(' ')} in ${cwd} ended with ${status}:\n${output}${errors}`));
    });
  });
}
