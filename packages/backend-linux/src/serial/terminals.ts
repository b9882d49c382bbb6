import { KernelError } from '@gadgetloom/core';

/** A terminal that must be closed before its function can be removed. */
export interface Leaving {
  /** Closes its file for good, also one that is being opened; resolves when the kernel has let it go. */
  leave(): Promise<void>;
}

/**
 * The open terminals of each gadget. rmdir(2) of a serial function waits until nobody has its terminal open
 * (u_serial.c, gserial_free_port). This process would wait for itself, so the gadget closes its terminals first.
 */
export class Terminals {
  readonly #open = new Map<string, Set<Leaving>>();
  readonly #leaving = new Set<string>();

  /** Notes a terminal; disposing what is returned forgets it. @throws KernelError ENODEV the gadget is being removed */
  add(gadget: string, terminal: Leaving): Disposable {
    if (this.#leaving.has(gadget))
      throw new KernelError('ENODEV', `open a serial port of ${gadget}`, 'the gadget is being removed.');
    const open = this.#open.get(gadget) ?? new Set();
    this.#open.set(gadget, open.add(terminal));
    return { [Symbol.dispose]: () => void open.delete(terminal) };
  }

  /** Closes the terminals of a gadget. None can be opened until what is returned is disposed. */
  async leave(gadget: string): Promise<Disposable> {
    this.#leaving.add(gadget);
    const open = this.#open.get(gadget) ?? [];
    this.#open.delete(gadget);
    await Promise.all([...open].map((terminal) => terminal.leave()));
    return { [Symbol.dispose]: () => void this.#leaving.delete(gadget) };
  }
}
