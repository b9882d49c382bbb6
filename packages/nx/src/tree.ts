/** The part of nx's virtual file tree that the generators use. Paths are relative to the workspace. */
export interface Tree {
  /** True if there is such a file. */
  exists(path: string): boolean;
  /** Returns the text of a file, or `null` if there is none. */
  read(path: string, encoding: 'utf-8'): string | null;
  /** Creates or replaces a file. */
  write(path: string, content: string): void;
}

/** Called once the files are written. */
export type AfterWriting = () => void;
