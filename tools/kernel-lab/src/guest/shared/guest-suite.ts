import { type ParseArgsConfig, parseArgs } from 'node:util';
import { SuiteReport } from './suite-report.ts';

/** An option with a text, without which the program cannot work. */
export const NEEDED = { needed: true } as const;
/** An option with a text that may be left out. */
export const OPTIONAL = { needed: false } as const;

/** `false`: a flag. A number, a text or a list: an option of that kind, with its default. */
type Option = false | number | string | readonly string[] | typeof NEEDED | typeof OPTIONAL;

/** What a program of the guest may take, by name. */
export type GuestOptions = Readonly<Record<string, Option>>;

type Value<Kind> = Kind extends false
  ? boolean
  : Kind extends number
    ? number
    : Kind extends string | typeof NEEDED
      ? string
      : Kind extends typeof OPTIONAL
        ? string | undefined
        : readonly string[];

/** The values of options, by name. */
type Values<Options> = { readonly [Name in keyof Options]: Value<Options[Name]> };

/** The help text and options of a program of the guest. */
export interface GuestUsage<Options> {
  /** Printed for `--help`, and where a needed option is missing: the command line, an empty line, what the program does. */
  readonly help: string;
  readonly options?: Options;
}

/** The command line of a program of the guest. With `--help` or without a needed option the program ends here. */
export function guestProgram<const Options extends GuestOptions = Record<never, never>>({
  help,
  options,
}: GuestUsage<Options>): { readonly values: Values<Options>; readonly positionals: readonly string[] } {
  const known = Object.entries<Option>(options ?? {});
  const parsed = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      ...Object.fromEntries(known.map(([name, option]) => [name, config(option)])),
    },
  });
  const given: Readonly<Record<string, unknown>> = parsed.values;
  const missing = known.some(([name, option]) => option === NEEDED && given[name] === undefined);
  if (given['help'] === true || missing) {
    console.log(help);
    process.exit(given['help'] === true ? 0 : 1);
  }
  const values = known.map(([name, option]) => [name, typeof option === 'number' ? Number(given[name]) : given[name]]);
  return { values: Object.fromEntries(values) as Values<Options>, positionals: parsed.positionals };
}

/** A program of the guest that reports its checks: the lab counts them. Its last statement is `report.end()`. */
export function guestSuite<const Options extends GuestOptions = Record<never, never>>(
  usage: GuestUsage<Options>,
): ReturnType<typeof guestProgram<Options>> & { readonly report: SuiteReport } {
  return { ...guestProgram(usage), report: new SuiteReport() };
}

function config(option: Option): NonNullable<ParseArgsConfig['options']>[string] {
  if (option === false) return { type: 'boolean', default: false };
  if (typeof option === 'number') return { type: 'string', default: String(option) };
  if (typeof option === 'string') return { type: 'string', default: option };
  if (Array.isArray(option)) return { type: 'string', multiple: true, default: [...option] };
  return { type: 'string' };
}
