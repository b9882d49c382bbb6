import { pathToFileURL } from 'node:url';
import { install } from './install.mjs';
import { root, run } from './run.mjs';

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
    const built = await run([process.execPath, `${root}/tools/workspace/setup/build.mjs`, folder, ...more]);
    if (built !== 0) throw new Error('The program could not be built; the compiler says why above.');
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exitCode = 1;
    return;
  }
  process.argv = [process.execPath, program, ...args];
  await import(pathToFileURL(program).href);
}
