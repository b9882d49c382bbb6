import { readFileSync } from 'node:fs';

/**
 * Reads a note that Gadgetloom keeps as JSON.
 *
 * @param isNote checks that the value has the fields of the note
 * @returns `undefined` if there is no such file, or if its content is not such a note
 */
export function readNoteFile<Note>(path: string, isNote: (value: Partial<Note>) => boolean): Note | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && isNote(value as Partial<Note>) ? (value as Note) : undefined;
  } catch {
    return undefined;
  }
}

/** True if a field is a list of strings. */
export const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
