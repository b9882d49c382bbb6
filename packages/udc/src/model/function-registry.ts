import { KernelError } from '@gadgetloom/core';
import type { UsbFunction } from '../usb-function.ts';

/** A function directory of a gadget (struct usb_function_instance). */
export interface FunctionInstance {
  /** Creates the function of a link to a configuration; called once per link (usb_get_function). */
  readonly function: UsbFunction;
  /** Removes the directory, after all links are gone (usb_put_function_instance). */
  release(): void;
  /** True once it can be bound. Functions that are always ready leave it out. */
  readonly ready?: boolean;
}

/**
 * Creates a function directory.
 *
 * @param instance what stands behind the dot of the directory's name
 * @param attributes configfs attributes to write, by relative path
 * @throws KernelError to refuse the name or an attribute
 */
export type CreateFunction = (instance: string, attributes: Readonly<Record<string, string>>) => FunctionInstance;

/**
 * The functions that a simulated kernel knows, by type.
 * Source: drivers/usb/gadget/functions.c.
 */
export class FunctionRegistry {
  readonly #types = new Map<string, CreateFunction>();

  /** The registered types, in the order of registration. */
  get types(): readonly string[] {
    return [...this.#types.keys()];
  }

  /**
   * usb_function_register. Disposing the result unregisters the type.
   *
   * @param type `'ffs'`, `'acm'`: what stands before the dot of the directory's name
   * @throws KernelError EEXIST the type is registered
   */
  register(type: string, create: CreateFunction): Disposable {
    if (this.#types.has(type)) {
      throw new KernelError('EEXIST', `register function ${type}`, 'a function of this type is registered already.');
    }
    this.#types.set(type, create);
    return {
      [Symbol.dispose]: () => {
        if (this.#types.get(type) === create) this.#types.delete(type);
      },
    };
  }

  /**
   * usb_get_function_instance.
   *
   * @throws KernelError ENOENT the type is not registered; or the function's errno
   */
  create(type: string, instance: string, attributes: Readonly<Record<string, string>> = {}): FunctionInstance {
    const create = this.#types.get(type);
    if (create === undefined) {
      const known = this.types.length > 0 ? `There are: ${this.types.join(', ')}.` : 'None is registered.';
      throw new KernelError(
        'ENOENT',
        `mkdir functions/${type}.${instance}`,
        `no function has the type "${type}". ${known}`,
      );
    }
    return create(instance, attributes);
  }
}
