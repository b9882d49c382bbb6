import type { FunctionCore } from '../function/function-core.ts';

/** Key of the behaviour in the definition of a function. Every copy of this package uses the same symbol. */
export const BEHAVIOUR: unique symbol = Symbol.for('@gadgetloom/gadget:behaviour');

/** What a function of the program does. `defineFunction` makes it, and the stack starts it. */
export interface Behaviour<Api = unknown> {
  /** Kind of the function for messages, such as `'usbtmc'`. */
  readonly kind: string;
  /** Starts the function under its name in the gadget, before a host can ask it anything. */
  start(core: FunctionCore): Api | Promise<Api>;
}

/** A definition with a behaviour. */
export interface Behaves<Api> {
  readonly [BEHAVIOUR]: Behaviour<Api>;
}
