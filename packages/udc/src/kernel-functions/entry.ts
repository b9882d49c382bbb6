import type { AttributeRule, DirectoryRule, KernelFunctionRule } from './rules.ts';
import { KERNEL_FUNCTIONS } from './table.ts';

/** Entry at a path in the directory of a function. */
export type KernelFunctionEntry =
  | { readonly kind: 'attribute'; readonly rule: AttributeRule }
  /** `made`: the kernel creates it, and it cannot be removed. */
  | { readonly kind: 'directory'; readonly rule: DirectoryRule; readonly made: boolean };

/** The entry of a type of function; `undefined` if Linux has none of that name. */
export function kernelFunction(type: string): KernelFunctionRule | undefined {
  return Object.hasOwn(KERNEL_FUNCTIONS, type) ? KERNEL_FUNCTIONS[type as keyof typeof KERNEL_FUNCTIONS] : undefined;
}

/**
 * Looks up a name in a directory.
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
 * Looks up a path in the directory of a function.
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
