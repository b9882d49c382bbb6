/** Something that the person who runs the lab can mend; the message says how. */
export class LabError extends Error {
  override readonly name = 'LabError';
}
