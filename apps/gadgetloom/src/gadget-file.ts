import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError, isInputError } from '@gadgetloom/core';
import { type GadgetDefinition, parseGadget, useFunctions } from '@gadgetloom/gadget';
import { functionModules } from './function-modules.ts';
import { formatSize } from './terminal/units.ts';
import { unreadable } from './unreadable.ts';

/** The gadget that runs unless the command line names one. */
export const defaultGadget: string = join(import.meta.dirname, '..', 'gadgets', 'streamer.yaml');

export interface GadgetFile {
  readonly file: string;
  /** Name of the file without its extension. */
  readonly name: string;
  readonly definition: GadgetDefinition;
}

/** Most bytes of a gadget file. One that describes everything that USB allows is smaller. */
const LARGEST = 1024 * 1024;

/** Checks the size before it reads, so that a large file, such as a video, is refused at once. */
async function readText(file: string): Promise<string> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const { size } = await handle.stat();
  if (size > LARGEST)
    throw new InputError(
      `The gadget file "${file}" has ${formatSize(size)}; allowed are ${formatSize(LARGEST)}. Give a gadget file, YAML or JSON.`,
    );
  return handle.readFile('utf8');
}

/**
 * Reads a gadget file, and loads the modules of its functions.
 *
 * @throws InputError it cannot be read, describes no gadget, or uses a module that cannot be loaded
 */
export async function readGadget(file: string = defaultGadget): Promise<GadgetFile> {
  const text = await readText(file).catch((cause: NodeJS.ErrnoException) => {
    throw isInputError(cause) ? cause : unreadable('gadget file', file, cause);
  });
  return {
    file,
    name: basename(file, extname(file)),
    definition: await useFunctions(parseGadget(text, { file }), functionModules(file)),
  };
}

/** The name of the file, and the name of the product in its first language. */
export function titleOf({ name, definition: { product } }: GadgetFile): string {
  const text = typeof product === 'object' ? Object.values(product)[0] : product;
  return text ? `${name} (${text})` : name;
}
