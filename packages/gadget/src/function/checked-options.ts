import { InputError } from '@gadgetloom/core';
import { type FieldPath, fieldName } from '../definition/problem.ts';

/**
 * The part of a Standard Schema (standardschema.dev, version 1) that functions use. Schemas of zod, valibot, arktype
 * and others have it.
 */
export interface OptionsSchema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** An option of a function that is wrong. */
export interface OptionProblem {
  readonly path: FieldPath;
  /** What the schema says, without the name of the option. */
  readonly message: string;
}

/** Options that a schema refused. */
export class OptionsError extends InputError {
  readonly problems: readonly OptionProblem[];

  constructor(kind: string, problems: readonly OptionProblem[]) {
    const [first] = problems;
    super(
      `${kind}: ${problems.map(({ path, message }) => `${path.length === 0 ? 'options' : fieldName(path)}: ${message}`).join('\n')}`,
      first === undefined ? {} : { field: fieldName(first.path) },
    );
    this.problems = problems;
  }
}

/**
 * Checks options by their schema.
 *
 * @throws OptionsError the schema refuses them
 * @throws InputError the schema is asynchronous, or none
 */
export function checkedOptions<In, Out>(kind: string, schema: OptionsSchema<In, Out>, options: unknown): Out {
  const standard = schema['~standard'] as OptionsSchema<In, Out>['~standard'] | undefined;
  if (typeof standard?.validate !== 'function')
    throw new InputError(
      `${kind}: its schema of options has no Standard Schema interface ("~standard"), as zod's has.`,
    );
  const result = standard.validate(options);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new InputError(`${kind}: its schema of options is asynchronous; a definition is checked at once.`);
  }
  if (result.issues === undefined) return result.value;
  throw new OptionsError(kind, result.issues.map(problemOf));
}

function problemOf({ message, path = [] }: SchemaIssue): OptionProblem {
  const place = path.map((part) => {
    const key = typeof part === 'object' ? part.key : part;
    return typeof key === 'number' ? key : String(key);
  });
  return { path: place, message: `${message.replace(/\.$/, '')}.` };
}
