import { InputError, type SourceLocation } from '@gadgetloom/core';
import type { GadgetDefinition } from './definition.ts';
import { type FieldPath, fieldName, type Problem } from './problem.ts';
import { ruleProblems } from './rules.ts';
import { schemaProblems } from './schema-problems.ts';

/** Returns the place of a field in the text of its definition. */
export type Locate = (path: FieldPath, at: Problem['at']) => SourceLocation | undefined;

const locators = new WeakMap<object, Locate>();

/** Remembers the text of a definition, so that later errors can name a line and a column. */
export function rememberSource(gadget: GadgetDefinition, locate: Locate): void {
  locators.set(gadget, locate);
}

/** Gives a definition the text that another one was read from. */
export function copySource(from: GadgetDefinition, to: GadgetDefinition): void {
  const locate = locators.get(from);
  if (locate !== undefined) locators.set(to, locate);
}

/** Returns all problems of a definition, in the order of the fields. */
export function gadgetProblems(input: unknown): Problem[] {
  const problems = schemaProblems(input);
  const spoils = (problem: Problem, path: FieldPath): boolean =>
    inside(problem.path, path) || (problem.at === 'value' && inside(path, problem.path));
  const sound = (path: FieldPath): boolean => !problems.some((problem) => spoils(problem, path));
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return problems;
  return [...problems, ...ruleProblems(input as GadgetDefinition, sound)];
}

/** True if one path equals the other or starts with it. */
function inside(one: FieldPath, other: FieldPath): boolean {
  return one.length >= other.length && other.every((part, index) => part === one[index]);
}

/** @throws InputError the definition has problems; the error has a line for each */
export function checkGadget(gadget: GadgetDefinition): void {
  const problems = gadgetProblems(gadget);
  if (problems.length > 0) throw problemsError(problems, locators.get(gadget));
}

/** The most problems that an error lists. A file that is no definition at all has one in every line. */
const MOST_PROBLEMS = 20;

/** Makes one error of the problems of a definition. Each has its own paragraph, with its place in the file. */
export function problemsError(problems: readonly Problem[], locate?: Locate, options?: ErrorOptions): InputError {
  const placed = problems.map((problem) => ({ ...problem, location: locate?.(problem.path, problem.at) }));
  placed.sort((a, b) => order(a.location) - order(b.location));
  const [first, ...others] = placed.slice(0, MOST_PROBLEMS);
  const more = placed.length - MOST_PROBLEMS;
  const message = [
    first?.message,
    ...others.map(({ location, message }) =>
      location === undefined ? message : `${location.file}:${location.line}:${location.column}  ${message}`,
    ),
    ...(more > 0 ? [`and ${more} more; mend these first.`] : []),
  ].join('\n');
  return new InputError(
    message,
    {
      ...(first && first.path.length > 0 && { field: fieldName(first.path) }),
      ...(first?.location && { location: first.location }),
    },
    options,
  );
}

const order = (location: SourceLocation | undefined): number =>
  location === undefined ? 0 : location.line * 100_000 + location.column;

/** {@link problemsError} for problems found after reading. It has their places if the definition came from a file. */
export function gadgetProblemsError(gadget: GadgetDefinition, problems: readonly Problem[]): InputError {
  return problemsError(problems, locators.get(gadget));
}

/** An error about a field of a definition that was found after reading it. */
export function fieldError(
  gadget: GadgetDefinition,
  path: FieldPath,
  message: string,
  options?: ErrorOptions,
): InputError {
  return problemsError([{ path, at: 'value', message }], locators.get(gadget), options);
}
