import { InputError } from './input-error.ts';

/** Checks a value. Returns `undefined` if it is allowed, and otherwise what is allowed, in words. */
export type OptionCheck = (value: unknown) => string | undefined;

/** Checks for the options of a plugin in a gadget file. {@link readOptions} walks a table of them. */
export const option = {
  oneOf:
    (...values: readonly (string | number | boolean)[]): OptionCheck =>
    (value) =>
      values.some((allowed) => allowed === value)
        ? undefined
        : values.map((allowed) => JSON.stringify(allowed)).join(', '),
  /** @param unit as in `'bytes'` */
  amount:
    (unit: string): OptionCheck =>
    (value) =>
      typeof value === 'number' && value >= 0 ? undefined : `a number of ${unit}, 0 or more`,
  /** @param what the kind of thing that the name stands for */
  name:
    (what = 'a name'): OptionCheck =>
    (value) =>
      typeof value === 'string' && value !== '' ? undefined : what,
  wholeNumber: (value: unknown): string | undefined => (Number.isSafeInteger(value) ? undefined : 'a whole number'),
  yesOrNo: (value: unknown): string | undefined => (typeof value === 'boolean' ? undefined : 'true or false'),
  /** An object with these fields, each with its own check. */
  fields:
    (checks: Readonly<Record<string, OptionCheck>>): OptionCheck =>
    (value) => {
      const right =
        isObject(value) &&
        Object.entries(value).every(
          ([name, field]) => Object.hasOwn(checks, name) && checks[name]!(field) === undefined,
        );
      const fields = Object.entries(checks).map(([name, check]) => `${name}: ${check(undefined)}`);
      return right ? undefined : `an object of ${fields.join('; ')}`;
    },
  /** An object that switches some of these names on or off. */
  switches:
    (names: readonly string[]): OptionCheck =>
    (value) => {
      const right =
        isObject(value) && Object.entries(value).every(([name, on]) => names.includes(name) && typeof on === 'boolean');
      return right ? undefined : `an object of ${names.join(', ')}, each true or false`;
    },
} as const;

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads the options that {@link Plugin.configure} is given.
 *
 * @param fields the known options, with the check of each
 * @throws InputError an option is unknown or wrong; its `field` is the name of the option
 */
export function readOptions<Options extends object>(
  options: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, OptionCheck>>,
): Options {
  for (const [field, value] of Object.entries(options)) {
    const check = fields[field];
    const names = Object.keys(fields).join(', ');
    if (check === undefined) throw new InputError(`${field} is no option of this backend; it has ${names}.`, { field });
    const wanted = check(value);
    if (wanted !== undefined)
      throw new InputError(`${field} is ${JSON.stringify(value)}; allowed is ${wanted}.`, { field });
  }
  return options as Options;
}
