/** The place of a wrong value in a file. Line and column count from 1. */
export interface SourceLocation {
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
  /** In UTF-16 units, from 1 on. */
  readonly column: number;
}

/**
 * Input that cannot be used: a wrong field of a description, an impossible combination of plugins, an unreadable file.
 * The message is one paragraph that names the field, what was found and what is allowed.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** Path of the wrong field (`functions.stream.endpoints.samples.interval`), if one field is wrong. */
  readonly field: string | undefined;
  readonly location: SourceLocation | undefined;

  constructor(message: string, details: { field?: string; location?: SourceLocation } = {}, options?: ErrorOptions) {
    const { field, location } = details;
    super(location ? `${location.file}:${location.line}:${location.column}  ${message}` : message, options);
    this.field = field;
    this.location = location;
  }
}

/** True for an {@link InputError} from any copy of this package. */
export function isInputError(error: unknown): error is InputError {
  return error instanceof Error && error.name === 'InputError';
}
