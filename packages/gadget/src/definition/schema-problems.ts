import { nearest } from '@gadgetloom/core';
import type { z } from 'zod';
import { type FieldPath, fieldName, type Problem, shown, valueAt } from './problem.ts';
import { gadgetSchema } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** Returns the problems in the shape of a definition: fields that are missing, unknown, or of the wrong kind. */
export function schemaProblems(input: unknown): Problem[] {
  const result = gadgetSchema.safeParse(input);
  if (result.success) return [];
  const problems = result.error.issues.flatMap((issue) => fromIssue(issue, [], input));
  const seen = new Set<string>();
  return problems.filter(({ path, at }) => {
    const place = `${at} ${JSON.stringify(path)}`;
    return !seen.has(place) && seen.add(place);
  });
}

function fromIssue(issue: Issue, base: FieldPath, input: unknown): Problem[] {
  const path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') return unknownFields(path, issue.keys, issue.message);
  if (issue.code === 'invalid_key')
    return [{ path, at: 'key', message: `${fieldName(path)}: ${issue.issues[0]?.message ?? issue.message}.` }];
  if (issue.code === 'invalid_union') {
    const branch = likeliest(issue.errors.filter((issues) => !lacksUse(issues, path, input)));
    if (branch !== undefined) return branch.flatMap((inner) => fromIssue(inner, path, input));
  }
  const name = path.length === 0 ? 'The gadget' : fieldName(path);
  const found = valueAt(input, path);
  const message =
    found === undefined
      ? `${name} is missing: ${issue.message}.`
      : `${name} is ${shown(found)}; allowed is ${issue.message}.`;
  return [{ path, at: 'value', message }];
}

/** True for the alternative of a function that comes from a module, if the input names no module. */
function lacksUse(issues: readonly Issue[], path: FieldPath, input: unknown): boolean {
  return issues.some((issue) => issue.path[0] === 'use') && valueAt(input, [...path, 'use']) === undefined;
}

/** The message of an unknown field has the name of its object, then each known field, line by line. */
function unknownFields(path: FieldPath, keys: readonly string[], message: string): Problem[] {
  const [what, ...known] = message.split('\n');
  return keys.map((key) => {
    const near = nearest(key, known);
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    return {
      path: [...path, key],
      at: 'key',
      message: `${fieldName([...path, key])} is not a field of ${what}.${hint} Fields are ${known.join(', ')}.`,
    };
  });
}

/**
 * Returns the alternative whose shape fits the input best. Returns none if the input is of another kind; the message
 * then tells what all alternatives together allow.
 */
function likeliest(alternatives: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const close = alternatives.filter(
    (issues) => !issues.some(({ path, code }) => path.length === 0 && code === 'invalid_type'),
  );
  return close.sort((a, b) => misfit(a) - misfit(b))[0];
}

/** Counts the problems of the outermost fields. Problems inside them do not tell which alternative was meant. */
function misfit(issues: readonly Issue[]): number {
  let points = 0;
  for (const issue of issues) {
    if (issue.path.length > 1) continue;
    if (issue.code === 'invalid_type') points += issue.expected === 'never' ? 3 : 1;
    else if (issue.code !== 'unrecognized_keys') points += 1;
    else if (issue.path.length === 0) points += 2 * issue.keys.length;
  }
  return points;
}
