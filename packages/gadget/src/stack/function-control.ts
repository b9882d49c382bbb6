import { isKernelError, POLLIN } from '@gadgetloom/core';
import { decodeEvents, type Ep0File, EVENT_SIZE, type EventType, type FunctionFsEvent } from '@gadgetloom/functionfs';
import type { FunctionState } from './function-state.ts';
import { type SetupHandler, SetupRequest } from './setup-request.ts';
import type { StackEndpoint } from './stack-endpoint.ts';

/** Something that happened to a function of the gadget. */
export type StackEvent = FunctionFsEvent & {
  /** Name of the function. */
  readonly function: string;
};

/** Called with each event of a function. */
export interface ControlListener {
  event(event: StackEvent): void;
  /** Handlers of control requests, in the order in which they are asked. */
  readonly setupHandlers: Iterable<SetupHandler>;
  /** Gets the errors of handlers, listeners and ep0. It never throws. */
  readonly error: (error: unknown) => void;
}

/** Most events that FunctionFS keeps (f_fs.c, struct ffs_data, ev.types). */
const EVENTS = 4;

/** Reads the events of one function from its ep0, and answers its control requests. */
export class FunctionControl implements Disposable {
  readonly #name: string;
  readonly #ep0: Ep0File;
  readonly #endpoints: readonly StackEndpoint[];
  readonly #state: FunctionState;
  readonly #listener: ControlListener;
  #stopped = false;

  /** @param state is told what the host does to the function */
  constructor(
    name: string,
    ep0: Ep0File,
    endpoints: readonly StackEndpoint[],
    state: FunctionState,
    listener: ControlListener,
  ) {
    this.#name = name;
    this.#ep0 = ep0;
    this.#endpoints = endpoints;
    this.#state = state;
    this.#listener = listener;
    this.#run().catch((error: unknown) => {
      if (!this.#stopped) listener.error(error);
    });
  }

  /** Stops reading. */
  [Symbol.dispose](): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    const buffer = new Uint8Array(EVENTS * EVENT_SIZE);
    for (;;) {
      await this.#ep0.ready(POLLIN);
      if (this.#stopped) return;
      const count = await this.#read(buffer);
      for (const event of decodeEvents(buffer.subarray(0, count))) {
        if (this.#stopped) return;
        await this.#changeState(event.type);
        if (this.#stopped) return;
        this.#listener.event({ ...event, function: this.#name });
        // Until the request is answered, reading ep0 gives its data and no events.
        if (event.type === 'SETUP') {
          const request = new SetupRequest(this.#name, event.setup, this.#ep0);
          await request.handle(this.#listener.setupHandlers, this.#listener.error);
        }
      }
    }
  }

  async #changeState(type: EventType): Promise<void> {
    if (type === 'ENABLE') {
      await Promise.all(this.#endpoints.map((endpoint) => endpoint.enabled()));
      if (!this.#stopped) this.#state.change(true);
    } else if (type === 'DISABLE' || type === 'UNBIND') this.#state.change(false);
  }

  /** Reads the bytes of events. None if no event was there, or if the host cancelled a control request. */
  async #read(buffer: Uint8Array): Promise<number> {
    try {
      return await this.#ep0.read(buffer);
    } catch (error) {
      if (isKernelError(error, 'EAGAIN') || isKernelError(error, 'EIDRM')) return 0;
      throw error;
    }
  }
}
