import type { Clock, TraceSink } from '@gadgetloom/core';
import type { CreateFunction, FunctionRegistry } from '@gadgetloom/udc/model';
import type { OpenBackingFile } from './mass-storage/lun-directory.ts';

/** The surroundings of the functions of a simulated kernel. */
export interface KernelFunctionsOptions {
  /** Where gadgets find their functions. */
  readonly functions: FunctionRegistry;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** The kernel was built with CONFIG_U_SERIAL_CONSOLE: serial functions have the attribute `console`. Off by default. */
  readonly console?: boolean;
  /** Opens the files behind disks: those of this machine, in Node, unless given. */
  readonly openBackingFile?: OpenBackingFile;
}

/** Registers a type of function, unless somebody has registered one of this name before. */
export function registerOnce(functions: FunctionRegistry, type: string, create: CreateFunction): Disposable {
  return functions.types.includes(type) ? { [Symbol.dispose]() {} } : functions.register(type, create);
}
