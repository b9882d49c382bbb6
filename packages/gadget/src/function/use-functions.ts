import { InputError } from '@gadgetloom/core';
import { copySource, gadgetProblemsError } from '../definition/check.ts';
import type { GadgetDefinition, ProgramFunction, UsedFunction } from '../definition/definition.ts';
import { isUsedFunction } from '../definition/gadget-parts.ts';
import { fieldName, type Problem } from '../definition/problem.ts';
import { OptionsError } from './checked-options.ts';
import { FUNCTION_KIND } from './define-function.ts';

/**
 * Imports a module for `use`. The program's own `(module) => import(module)` finds what is installed beside the program.
 */
export type LoadModule = (module: string) => Promise<unknown>;

type AnyMaker = ((options?: unknown) => ProgramFunction) & { readonly [FUNCTION_KIND]: string };

/**
 * Replaces every `use` of a gadget by the function of that module, made from the other fields. A gadget without `use` is
 * returned as it is.
 *
 * @throws InputError a module cannot be loaded or has no function, or a function refuses its options; the error lists all
 *   such problems with their places
 */
export async function useFunctions<D extends GadgetDefinition>(gadget: D, load: LoadModule | undefined): Promise<D> {
  const problems: Problem[] = [];
  const functions: [string, GadgetDefinition['functions'][string]][] = [];
  for (const [name, definition] of Object.entries(gadget.functions)) {
    if (!isUsedFunction(definition)) functions.push([name, definition]);
    else
      try {
        functions.push([name, await usedFunction(name, definition, load)]);
      } catch (error) {
        problems.push(...problemsOf(error, ['functions', name]));
      }
  }
  if (problems.length > 0) throw gadgetProblemsError(gadget, problems);
  if (!Object.values(gadget.functions).some(isUsedFunction)) return gadget;
  const used: D = { ...gadget, functions: Object.fromEntries(functions) };
  copySource(gadget, used);
  return used;
}

/** A problem with the module itself. */
class ModuleProblem extends Error {}

async function usedFunction(
  name: string,
  { use, ...options }: UsedFunction,
  load: LoadModule | undefined,
): Promise<ProgramFunction> {
  if (load === undefined)
    throw new ModuleProblem(
      `function "${name}" uses the module "${use}", which nobody can load: pass \`load: (module) => import(module)\`.`,
    );
  const make = makerOf(await loaded(use, load));
  if (make === undefined)
    throw new ModuleProblem(
      `the module "${use}" exports no function of a gadget. Export one that defineFunction made: by default, or as the ` +
        'only one.',
    );
  return make(options);
}

async function loaded(use: string, load: LoadModule): Promise<unknown> {
  try {
    return await load(use);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ModuleProblem(`the module "${use}" cannot be loaded: ${reason?.replace(/\.$/, '')}.`, { cause });
  }
}

/** The default export, or the only export that is a function of a gadget. */
function makerOf(module: unknown): AnyMaker | undefined {
  if (typeof module !== 'object' || module === null) return undefined;
  const { default: main, ...others } = module as Record<string, unknown>;
  if (isMaker(main)) return main;
  const makers = Object.values(others).filter(isMaker);
  if (makers.length === 1) return makers[0];
  // Node imports a CommonJS module as the default export of a module.
  return makers.length === 0 && main !== module ? makerOf(main) : undefined;
}

function isMaker(value: unknown): value is AnyMaker {
  return typeof value === 'function' && FUNCTION_KIND in value;
}

function problemsOf(error: unknown, path: Problem['path']): Problem[] {
  if (error instanceof ModuleProblem) return [{ path: [...path, 'use'], at: 'value', message: error.message }];
  if (error instanceof OptionsError)
    return error.problems.map((problem) => {
      const place = [...path, ...problem.path];
      return { path: place, at: 'value', message: `${fieldName(place)}: ${problem.message}` };
    });
  if (error instanceof InputError) return [{ path, at: 'value', message: error.message }];
  throw error;
}
