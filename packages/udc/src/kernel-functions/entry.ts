import type { AttributeRule, DirectoryRule, KernelFunctionRule } from './rules.ts';
import { KERNEL_FUNCTIONS } from './table.ts';

/** What stands at a path in the directory of a function. */
export type KernelFunctionEntry =
  | { readonly kind: 'attribute'; readonly rule: AttributeRule }
  /** `made`: it is there by itself, and cannot be removed. */
  | { readonly kind: 'directory'; readonly rule: DirectoryRule; readonly made: boolean };

/** What Linux says about a type of function; `undefined` if it has none of that name. */
export function kernelFunction(type: string): KernelFunctionRule | undefined {
  return Object.hasOwn(KERNEL_FUNCTIONS, type) ? KERNEL_FUNCTIONS[type as keyof typeof KERNEL_FUNCTIONS] : undefined;
}

/**
 * What a directory has under a name.
 *
 * @param made whether the directory is there by itself: what a user makes is empty
 */
export function entryNamed(rule: DirectoryRule, name: string, made: boolean): KernelFunctionEntry | undefined {
  const attribute = own(rule.attributes, name);
  if (attribute !== undefined) return { kind: 'attribute', rule: attribute };
  const directory = own(rule.directories, name);
  if (directory !== undefined) return { kind: 'directory', rule: directory, made };
  for (const { directory: counted, most, made: first, of } of Object.values(rule.lists ?? {})) {
    const number = new RegExp(`^${counted}\\.(0|[1-9]\\d{0,2})$`).exec(name)?.[1];
    if (number !== undefined && Number(number) < most)
      return { kind: 'directory', rule: of, made: made && Number(number) < first };
  }
  return rule.named === undefined ? undefined : { kind: 'directory', rule: rule.named, made: false };
}

/**
 * What stands at a path of a function.
 *
 * @param path from the function's directory: `'lun.0/file'`
 */
export function kernelFunctionEntry(type: string, path: string): KernelFunctionEntry | undefined {
  const rule = kernelFunction(type);
  let entry: KernelFunctionEntry | undefined = rule && { kind: 'directory', rule, made: true };
  for (const name of path.split('/')) {
    if (entry?.kind !== 'directory') return undefined;
    entry = entryNamed(entry.rule, name, entry.made);
  }
  return entry;
}

function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
