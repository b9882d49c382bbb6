import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { install } from './install.mjs';
import { root, run, tool } from './run.mjs';

/**
 * Runs a program of this repository in this process, installed and built. Standard output is the program's alone.
 *
 * @param {string} folder of the package, whose `dist/main.js` it is
 * @param {readonly string[]} args
 * @param {readonly string[]} more folders of packages that the program starts, and that have to be built, too
 */
export async function runProgram(folder, args, more = []) {
  const program = `${root}/${folder}/dist/main.js`;
  try {
    await install();
    if (!existsSync(program)) console.error('Building (tsc -b).');
    const built = await run(
      tool('typescript/bin/tsc', '-b', ...[folder, ...more].map((path) => `${path}/tsconfig.lib.json`)),
    );
    if (built !== 0) throw new Error('The program could not be built; the compiler says why above.');
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
    return;
  }
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
}
