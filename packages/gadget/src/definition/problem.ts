/** A field's place: keys and list indexes from the top. */
export type FieldPath = readonly (string | number)[];

/** A problem of a gadget definition. */
export interface Problem {
  readonly path: FieldPath;
  /** Tells whether the name or the value of the field is wrong. */
  readonly at: 'key' | 'value';
  /** A sentence or two: what was found, and what is allowed. */
  readonly message: string;
}

/** Formats a path: `functions.stream.endpoints.samples.interval`. */
export function fieldName(path: FieldPath): string {
  let name = '';
  for (const part of path) {
    if (typeof part === 'number') name += `[${part}]`;
    else if (/^[\w$-]+$/.test(part)) name += name === '' ? part : `.${part}`;
    else name += `[${JSON.stringify(part)}]`;
  }
  return name;
}

/** Returns the value at a path, or `undefined` if there is none. */
export function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** Formats a value for an error. */
export function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}
