import type { Clock, Token } from '@gadgetloom/core';
import type { ProgramFunction } from '../definition/definition.ts';
import type { OwnEndpointDirection, OwnEndpointName, SomeFunction } from '../definition/endpoint-names.ts';
import type { AllocateBuffers, BufferSet } from '../stack/buffer-set.ts';
import type { StackEvent } from '../stack/function-control.ts';
import type { EnabledListener } from '../stack/function-state.ts';
import type { StackEndpoint } from '../stack/stack-endpoint.ts';
import type { FunctionCore } from './function-core.ts';
import type { RequestFilter, RequestHandler } from './function-request.ts';
import { Session } from './session.ts';

/**
 * A function's view of the stack that runs it: its endpoints, its control requests, and whether a host has enabled it.
 * Errors of its handlers and tasks are reported to `onError` of the stack, and never end the program.
 */
export class FunctionContext<D extends ProgramFunction = SomeFunction> {
  /** Name of the function in the gadget. */
  readonly name: string;
  readonly clock: Clock;
  readonly #core: FunctionCore;

  constructor(core: FunctionCore) {
    this.name = core.name;
    this.clock = core.host.clock;
    this.#core = core;
  }

  /** True while a host has enabled the function. */
  get enabled(): boolean {
    return this.#core.endpoints.state.enabled;
  }

  /**
   * Returns an endpoint of the function by its own name: `'samples'`, or `'data.samples'` with the name of its interface.
   * It takes DMABUFs and streams as well as `receive` and `send`. It can be used once the host has enabled the function.
   *
   * @throws InputError no such endpoint (only if the compiler does not know the names)
   */
  endpoint<N extends OwnEndpointName<D>>(name: N): StackEndpoint<OwnEndpointDirection<D, N>> {
    return this.#core.endpoint(name) as StackEndpoint<OwnEndpointDirection<D, N>>;
  }

  /**
   * Answers the control requests that match the filter. The first handler that wants a request answers it; the handlers
   * of the stack (`onSetup`) get those that none wants. FunctionFS forwards requests to the device only to functions
   * that ask for them before the gadget is opened, so a handler for them must be added while the function starts.
   *
   * @throws KernelError EBUSY a handler for requests to the device comes after the start of the function
   * @throws InputError the filter names an interface or endpoint that the function does not have
   */
  onRequest(filter: RequestFilter, handler: RequestHandler): Disposable {
    return this.#core.onRequest(filter, handler);
  }

  /**
   * Calls back with the present state at once, and then for each change. A host that selects another alternate setting
   * enables the function again; FunctionFS does not tell which setting it is, and enables the endpoints of all of them
   * (f_fs.c, ffs_func_set_alt).
   */
  onEnabled(listener: EnabledListener): Disposable {
    return this.#core.endpoints.state.onChange(listener);
  }

  /** Calls back for each event of the function, such as SUSPEND and RESUME. */
  onEvent(listener: (event: StackEvent) => void): Disposable {
    return this.#core.host.onEvent((event) => {
      if (event.function === this.name) listener(event);
    });
  }

  /**
   * Runs a task for each session: from the moment that a host enables the function until it disables or reconfigures it,
   * or leaves. The calls of the session then end, and the task with them; it needs no list of errors that are normal.
   * If the task fails otherwise, the error is reported, and the task runs again in the next session.
   */
  whileEnabled(task: (session: Session<D>) => unknown): Disposable {
    return this.#core.whileEnabled((signal) => task(new Session<D>(signal, (name) => this.#core.endpoint(name))));
  }

  /** Allocates DMABUFs, as `stack.allocate` does. The stack closes them with everything else. */
  allocate(options: AllocateBuffers): BufferSet {
    return this.#core.host.allocate(options);
  }

  /** Takes ownership of a disposable value, and returns it. It is closed after the gadget. */
  use<T>(value: T): T {
    return this.#core.scope.use(value);
  }

  /** Registers a function that runs when the stack closes, after the gadget was unbound. */
  onClose(close: () => void | Promise<void>): void {
    this.#core.scope.onClose(close);
  }

  /** Reports an error that no caller waits for. It never throws. */
  report(error: unknown): void {
    this.#core.host.report(error);
  }

  /** Tells in a line what the function does, for people who watch the gadget. */
  tell(text: string): void {
    this.#core.host.activity(this.name, text);
  }

  /** Returns a piece of the stack. @throws InputError nothing provides the token */
  resolve<T>(token: Token<T>): T {
    return this.#core.host.pieces.resolve(token);
  }
}
