/** The part of nx's virtual file tree that the generators use. Paths are relative to the workspace. */
export interface Tree {
  /** Whether there is such a file. */
  exists(path: string): boolean;
  /** The text of a file, `null` if there is none. */
  read(path: string, encoding: 'utf-8'): string | null;
  /** Makes the file, or replaces it. */
  write(path: string, content: string): void;
}

/** Calls back once the files are written. */
export type AfterWriting = () => void;
