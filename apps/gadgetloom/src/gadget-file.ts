import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type GadgetDefinition, parseGadget } from '@gadgetloom/gadget';
import { unreadable } from './unreadable.ts';

/** The gadget that is run when none is named. */
export const defaultGadget: string = join(import.meta.dirname, '..', 'gadgets', 'streamer.yaml');

export interface GadgetFile {
  readonly file: string;
  /** The file's name without its ending. */
  readonly name: string;
  readonly definition: GadgetDefinition;
}

/** Reads a gadget file. @throws InputError it cannot be read, or describes no gadget */
export async function readGadget(file: string = defaultGadget): Promise<GadgetFile> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unreadable('gadget file', file, cause);
  });
  return { file, name: basename(file, extname(file)), definition: parseGadget(text, { file }) };
}
