/** A rule of the kernel that is broken on purpose, in one place of the model. */
export interface Defect {
  /** `'heap-gives-bytes'`. */
  readonly id: string;
  /** What goes wrong then, in one sentence. */
  readonly sentence: string;
  /** File and function of the kernel that do otherwise. */
  readonly contradicts: string;
  /** Id of the requirement that finds it. */
  readonly foundBy: string;
  /** Source of the model, from the root of the repository. */
  readonly file: string;
  /** What is replaced; the file has it exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** Defects of one file of the model. */
export function defectsOf(file: string, defects: readonly Omit<Defect, 'file'>[]): Defect[] {
  return defects.map((defect) => ({ ...defect, file }));
}
