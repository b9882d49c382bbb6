import { basename, extname, join } from 'node:path';
import { type GadgetDefinition, parseGadget, useFunctions } from '@gadgetloom/gadget';
import { functionModules } from './function-modules.ts';
import { STANDARD } from './standard-stream.ts';
import { readTextFile, type TextFileKind } from './text-file.ts';

/** The gadget that runs unless the command line names one. */
export const defaultGadget: string = join(import.meta.dirname, '..', 'gadgets', 'streamer.yaml');

export interface GadgetFile {
  readonly file: string;
  /** Name of the file without its extension. */
  readonly name: string;
  readonly definition: GadgetDefinition;
}

const KIND: TextFileKind = {
  what: 'gadget file',
  // A file that describes everything that USB allows is smaller.
  largest: 1024 * 1024,
  advice: 'Give a gadget file, YAML or JSON.',
};

/**
 * Reads a gadget file, or standard input for `-`, and loads the modules of its functions.
 *
 * @throws InputError it cannot be read, describes no gadget, or uses a module that cannot be loaded
 */
export async function readGadget(file: string = defaultGadget): Promise<GadgetFile> {
  const standard = file === STANDARD;
  const text = await readTextFile(file, KIND);
  return {
    file,
    name: standard ? 'gadget' : basename(file, extname(file)),
    definition: await useFunctions(
      parseGadget(text, { file: standard ? 'standard input' : file }),
      functionModules(file),
    ),
  };
}

/** The name of the file, and the name of the product in its first language. */
export function titleOf({ name, definition: { product } }: GadgetFile): string {
  const text = typeof product === 'object' ? Object.values(product)[0] : product;
  return text ? `${name} (${text})` : name;
}
