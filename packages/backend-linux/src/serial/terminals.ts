/** What a gadget that goes must have back before its functions can be removed. */
export interface Leaving {
  /** Closes its file for good; resolves when the kernel has let it go. */
  leave(): Promise<void>;
}

/**
 * The open terminals of each gadget. rmdir(2) of a serial function waits until nobody has its terminal open
 * (u_serial.c, gserial_free_port), so the gadget closes those of this stack first.
 */
export class Terminals {
  readonly #open = new Map<string, Set<Leaving>>();

  /** Notes a terminal; disposing what is returned forgets it. */
  add(gadget: string, terminal: Leaving): Disposable {
    const open = this.#open.get(gadget) ?? new Set();
    this.#open.set(gadget, open.add(terminal));
    return { [Symbol.dispose]: () => void open.delete(terminal) };
  }

  /** Closes the terminals of a gadget. */
  async leave(gadget: string): Promise<void> {
    const open = this.#open.get(gadget) ?? [];
    this.#open.delete(gadget);
    await Promise.all([...open].map((terminal) => terminal.leave()));
  }
}
