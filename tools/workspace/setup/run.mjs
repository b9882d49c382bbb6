import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Runs a program in the repository. By default it gets no input, and what it prints goes to our standard error.
 *
 * @param {readonly string[]} command
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} its exit status; as in a shell, 128 plus the number of the signal that ended it
 */
export function run([program = '', ...args], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr], ...options });
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/**
 * The command that runs npm: the npm that runs us, or else the one on the PATH.
 *
 * @param {readonly string[]} args
 */
export function npm(...args) {
  const { npm_execpath: running = '' } = process.env;
  return running.endsWith('npm-cli.js') ? [process.execPath, running, ...args] : ['npm', ...args];
}

/**
 * The command that runs an installed JavaScript tool, such as `typescript/bin/tsc`.
 *
 * @param {string} path inside node_modules
 * @param {readonly string[]} args
 */
export const tool = (path, ...args) => [process.execPath, `${root}/node_modules/${path}`, ...args];
