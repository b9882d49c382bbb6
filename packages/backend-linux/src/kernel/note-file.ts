import { readFileSync } from 'node:fs';

/**
 * Reads a note that this project keeps as JSON.
 *
 * @param isNote whether the value has the fields of the note
 * @returns `undefined` if there is no such file, or if it is something else: then somebody else wrote it
 */
export function readNoteFile<Note>(path: string, isNote: (value: Partial<Note>) => boolean): Note | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && isNote(value as Partial<Note>) ? (value as Note) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a field is a list of text. */
export const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
