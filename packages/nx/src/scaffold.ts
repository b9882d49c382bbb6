import { readdirSync, readFileSync } from 'node:fs';
import { manifest } from './manifest.ts';
import { BACKEND, FUNCTION, type TemplateKind } from './template-kind.ts';

/** The options for a generated package. */
export interface ScaffoldOptions {
  /** Name of the backend or function: `'chipidea'`, `'usb-midi'`. Lower-case letters, digits and single hyphens. */
  readonly name: string;
  /** Name of the npm package; `gadgetloom-backend-NAME` or `gadgetloom-function-NAME` by default. */
  readonly package?: string | undefined;
}

/** A generated package. */
export interface Scaffold {
  /** Name of the npm package. */
  readonly package: string;
  /** Text of every file, by its path in the package. */
  readonly files: ReadonlyMap<string, string>;
}

/** The version of this package. All packages of Gadgetloom have the same. */
export const VERSION: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const PACKAGE = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/** Makes the files of a backend's package. @throws TypeError the name is invalid */
export const backendFiles = (options: ScaffoldOptions): Scaffold => filesOf(BACKEND, options);

/** Makes the files of a function's package. @throws TypeError the name is invalid */
export const functionFiles = (options: ScaffoldOptions): Scaffold => filesOf(FUNCTION, options);

/** Makes the files of a package from its template. @throws TypeError the name is invalid */
export function filesOf(kind: TemplateKind, { name, package: packageName }: ScaffoldOptions): Scaffold {
  if (!NAME.test(name))
    throw new TypeError(
      `"${name}" is not a valid name. Use lower-case letters, digits and single hyphens, and begin with a letter.`,
    );
  const full = packageName ?? `gadgetloom-${kind.kind}-${name}`;
  if (!PACKAGE.test(full))
    throw new TypeError(`"${full}" is not a valid name of an npm package. Use a name such as @acme/my-package.`);
  const rename = renamer(kind, name, full);
  const files = new Map([['package.json', json(manifest(kind, full, VERSION))]]);
  const folder = new URL(`../templates/${kind.kind}/`, import.meta.url);
  for (const path of filesUnder(folder)) files.set(rename(path), rename(readFileSync(new URL(path, folder), 'utf8')));
  return { package: full, files };
}

/** Returns a function that replaces the placeholders of the template by the names. */
function renamer({ kind, placeholder }: TemplateKind, name: string, packageName: string): (text: string) => string {
  const spellings: [string, string][] = [
    [`gadgetloom-${kind}-${placeholder}`, packageName],
    [placeholder, name],
    [camel(placeholder), camel(name)],
    [pascal(placeholder), pascal(name)],
  ];
  return (text) => spellings.reduce((renamed, [from, to]) => renamed.replaceAll(from, to), text);
}

/** `usb-midi` becomes `usbMidi`. */
const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** `usb-midi` becomes `UsbMidi`. */
const pascal = (name: string): string => camel(`-${name}`);

/** Formats a value as the text of a JSON file. */
export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Lists the paths of files relative to the folder, with slashes. */
function filesUnder(folder: URL, prefix = ''): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory()
        ? filesUnder(new URL(`${entry.name}/`, folder), `${prefix}${entry.name}/`)
        : [`${prefix}${entry.name}`],
    );
}
