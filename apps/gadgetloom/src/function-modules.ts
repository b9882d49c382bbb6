import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LoadModule } from '@gadgetloom/gadget';

/**
 * Loads the modules of a gadget file. Paths are relative to the file. Packages are those installed beside the file, or
 * else those installed with this program.
 *
 * @param file path of the gadget file
 */
export function functionModules(file: string): LoadModule {
  const folder = dirname(resolve(file));
  return async (module) => {
    const path = beside(module, folder) ?? createRequire(import.meta.url).resolve(module);
    return import(pathToFileURL(path).href);
  };
}

/** Path of a module as a program in `folder` would find it. `undefined`: that package is not installed there. */
function beside(module: string, folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'package.json')).resolve(module);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    if (missing && !/^\.{0,2}\//.test(module)) return undefined;
    throw missing ? new Error(`there is no ${resolve(folder, module)}`, { cause }) : cause;
  }
}
