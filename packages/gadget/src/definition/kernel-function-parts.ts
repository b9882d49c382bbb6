import { nearest, suggestion } from '@gadgetloom/core';
import type { FunctionConfig } from '@gadgetloom/udc';
import {
  type AttributeRule,
  type AttributeValue,
  attributeMisfit,
  attributeText,
  type DirectoryRule,
  entryNamed,
  KERNEL_FUNCTIONS,
  kernelFunction,
} from '@gadgetloom/udc/kernel-functions';
import type { KernelFunction } from './definition.ts';
import { type FieldPath, fieldName, type Problem, shown } from './problem.ts';

type Parts = Pick<FunctionConfig, 'attributes' | 'bytes' | 'directories' | 'links'>;

/** Pattern for the names that users give to directories. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,38}$/;

/** The result of reading the description of a kernel function. */
export interface KernelFunctionParts {
  readonly problems: readonly Problem[];
  /** The entries to make in configfs, in an order that the kernel accepts. */
  readonly parts: Parts;
}

/** Reads the attributes of a function of the kernel. @param path the function's path in the description */
export function kernelFunctionParts({ kernel, attributes = {} }: KernelFunction, path: FieldPath): KernelFunctionParts {
  const rule = kernelFunction(kernel);
  if (rule === undefined) return { problems: [unknownType(kernel, [...path, 'kernel'])], parts: {} };
  const reader = new Reader(kernel);
  reader.directory(rule, attributes, { fields: [...path, 'attributes'], names: [], rank: [], made: true });
  return { problems: reader.problems, parts: reader.parts() };
}

function unknownType(kernel: string, path: FieldPath): Problem {
  const types = Object.keys(KERNEL_FUNCTIONS);
  const known = `Linux 6.12 has ${types.join(', ')}`;
  const message =
    kernel === 'ffs'
      ? `${fieldName(path)} is "ffs", which functions of the program are made of: describe its endpoints instead.`
      : `${fieldName(path)} is "${kernel}", which is not a function of the kernel; ${known}${suggestion(kernel, types)}`;
  return { path, at: 'value', message };
}

/** The position of the reader in the description, in configfs, and in the order of the table. */
interface Place {
  readonly fields: FieldPath;
  readonly names: readonly string[];
  readonly rank: readonly number[];
  /** True if the kernel makes the directory itself. */
  readonly made: boolean;
}

type Made =
  | { readonly kind: 'attribute'; readonly rank: readonly number[]; readonly value: string | Uint8Array }
  | { readonly kind: 'directory'; readonly rank: readonly number[] }
  | { readonly kind: 'link'; readonly rank: readonly number[]; readonly target: string };

/** The order of entries in a directory: attributes first, links last. */
const RANKS = { attributes: 0, directories: 1, lists: 2, named: 3, links: 4 } as const;

class Reader {
  readonly problems: Problem[] = [];
  readonly #made = new Map<string, Made>();
  readonly #kernel: string;

  constructor(kernel: string) {
    this.#kernel = kernel;
  }

  directory(rule: DirectoryRule, value: unknown, place: Place): void {
    if (!isRecord(value)) {
      this.#wrong(place.fields, value, 'an object: attributes and their values');
      return;
    }
    let order = 0;
    for (const [key, inner] of Object.entries(value)) {
      if (inner === undefined) continue;
      const fields = [...place.fields, key];
      if (key === 'links' && rule.links !== undefined) this.#links(rule.links, inner, { ...place, fields });
      else if (rule.lists !== undefined && Object.hasOwn(rule.lists, key)) this.#list(rule, key, inner, place);
      else this.#entry(rule, key.split('/'), inner, { ...place, fields }, order++);
    }
  }

  parts(): Parts {
    const sorted = [...this.#made].sort(([, a], [, b]) => compare(a.rank, b.rank));
    const attributes: Record<string, string> = {};
    const bytes: Record<string, Uint8Array> = {};
    const links: Record<string, string> = {};
    const directories: string[] = [];
    for (const [path, made] of sorted) {
      if (made.kind === 'directory') directories.push(path);
      else if (made.kind === 'link') links[path] = made.target;
      else if (typeof made.value === 'string') attributes[path] = made.value;
      else bytes[path] = made.value;
    }
    return {
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(Object.keys(bytes).length > 0 && { bytes }),
      ...(directories.length > 0 && { directories }),
      ...(Object.keys(links).length > 0 && { links }),
    };
  }

  /** @param path the words of the key: the last is the entry, the ones before it are its directories */
  #entry(
    rule: DirectoryRule,
    [name = '', ...rest]: readonly string[],
    value: unknown,
    place: Place,
    order: number,
  ): void {
    const entry = entryNamed(rule, name, place.made);
    const rank = [...place.rank, ...rankOf(rule, name, order)];
    const inner = { ...place, names: [...place.names, name], rank };
    if (entry === undefined) {
      this.#unknown(rule, name, place);
      return;
    }
    if (entry.kind === 'attribute') {
      if (rest.length > 0) {
        this.#unknown({}, rest[0]!, inner);
        return;
      }
      this.#attribute(entry.rule, value, inner);
      return;
    }
    if (!entry.made) {
      if (!NAME.test(name) || name === 'links') {
        this.#problem(
          place.fields,
          'key',
          `${fieldName(place.fields)}: names are 1 to 39 letters, digits, "_", "-" or ".".`,
        );
        return;
      }
      const path = inner.names.join('/');
      if (!this.#made.has(path)) this.#made.set(path, { kind: 'directory', rank });
    }
    const inside = { ...inner, made: entry.made };
    if (rest.length > 0) this.#entry(entry.rule, rest, value, inside, order);
    else this.directory(entry.rule, value, inside);
  }

  #attribute(rule: AttributeRule, value: unknown, { fields, names, rank }: Place): void {
    const path = names.join('/');
    const never = rule.readOnly ? 'is read-only: the kernel tells it, and takes nothing' : rule.refused;
    if (never !== undefined) {
      const verb = rule.readOnly ? '' : 'cannot be written: ';
      this.#problem(fields, 'key', `${fieldName(fields)} ${verb}${never}.`);
      return;
    }
    if (this.#made.has(path)) {
      this.#problem(fields, 'key', `${fieldName(fields)} is given twice, as "${path}".`);
      return;
    }
    const misfit = attributeMisfit(rule, value);
    if (misfit !== undefined) {
      this.#wrong(fields, value, misfit);
      return;
    }
    this.#made.set(path, { kind: 'attribute', rank, value: attributeText(rule, value as AttributeValue) });
  }

  #list({ lists = {} }: DirectoryRule, key: string, value: unknown, place: Place): void {
    const { directory, most, made, of } = lists[key]!;
    const fields = [...place.fields, key];
    if (!Array.isArray(value) || value.length > most) {
      this.#wrong(fields, value, `a list of at most ${most}`);
      return;
    }
    value.forEach((each, index) => {
      const names = [...place.names, `${directory}.${index}`];
      const rank = [...place.rank, RANKS.lists, Object.keys(lists).indexOf(key), index];
      const there = place.made && index < made;
      if (!there && !this.#made.has(names.join('/'))) this.#made.set(names.join('/'), { kind: 'directory', rank });
      this.directory(of, each, { fields: [...fields, index], names, rank, made: there });
    });
  }

  #links(allowed: readonly string[], value: unknown, { fields, names, rank }: Place): void {
    const what = allowed.map((path) => `"${path}/NAME"`).join(' or ');
    const list = Array.isArray(value) ? value : [value];
    list.forEach((target: unknown, index) => {
      const place = Array.isArray(value) ? [...fields, index] : fields;
      const [, parent = '', name = ''] = (typeof target === 'string' && /^(.+)\/([^/]+)$/.exec(target)) || [];
      if (!allowed.includes(parent)) {
        this.#wrong(place, target, `a list of ${what}`);
        return;
      }
      const path = [...names, name].join('/');
      if (this.#made.has(path)) {
        this.#problem(place, 'value', `${fieldName(place)} is there twice.`);
        return;
      }
      this.#made.set(path, { kind: 'link', rank: [...rank, RANKS.links, index], target: target as string });
    });
  }

  #unknown(rule: DirectoryRule, name: string, { fields, names }: Place): void {
    const known = [
      ...Object.entries(rule.attributes ?? {}).flatMap(([attribute, { readOnly, refused }]) =>
        readOnly || refused ? [] : [attribute],
      ),
      ...Object.keys(rule.directories ?? {}),
      ...Object.keys(rule.lists ?? {}),
    ];
    const near = nearest(name, known);
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    const where = [this.#kernel, ...names].join('/');
    const list = known.length === 0 ? 'There are none that can be written.' : `There are ${known.join(', ')}.`;
    this.#problem(fields, 'key', `${fieldName(fields)} is not an attribute of ${where}.${hint} ${list}`);
  }

  #wrong(fields: FieldPath, value: unknown, allowed: string): void {
    this.#problem(fields, 'value', `${fieldName(fields)} is ${shown(value)}; allowed is ${allowed}.`);
  }

  #problem(path: FieldPath, at: Problem['at'], message: string): void {
    this.problems.push({ path, at, message });
  }
}

function rankOf(rule: DirectoryRule, name: string, order: number): number[] {
  for (const kind of ['attributes', 'directories'] as const) {
    const place = Object.keys(rule[kind] ?? {}).indexOf(name);
    if (place >= 0) return [RANKS[kind], place];
  }
  const list = Object.values(rule.lists ?? {}).findIndex(({ directory }) => name.startsWith(`${directory}.`));
  if (list >= 0) return [RANKS.lists, list, Number(name.slice(name.indexOf('.') + 1))];
  return [RANKS.named, order];
}

/** Compares two lists. A list comes before the longer ones that start with it. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < a.length; at++) {
    if (at >= b.length) return 1;
    if (a[at] !== b[at]) return a[at]! - b[at]!;
  }
  return a.length - b.length;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
