import { KernelError } from '@gadgetloom/core';
import type { UsbDeviceState } from '@gadgetloom/udc';
import { EventQueue } from './event-queue.ts';
import type { ControlListener, StackEvent } from './function-control.ts';
import { attempt } from './report-error.ts';
import type { SetupHandler } from './setup-request.ts';

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: KernelError) => void;
}

/** What a function does, in a line for people. */
export interface FunctionActivity {
  /** Name of the function. */
  readonly function: string;
  readonly text: string;
}

/** Passes the events of all functions to the listeners, and tracks which functions are enabled. */
export class StackEvents implements ControlListener, Disposable {
  readonly setupHandlers = new Set<SetupHandler>();
  readonly #activity = new Set<(activity: FunctionActivity) => void>();
  readonly error: (error: unknown) => void;
  readonly #listeners = new Set<(event: StackEvent) => void>();
  readonly #queues = new Set<EventQueue<StackEvent>>();
  readonly #enabled = new Set<string>();
  #configured = false;
  readonly #waiters: Waiter[] = [];
  readonly #configurations: readonly (readonly string[])[];
  #closed = false;

  /**
   * @param configurations names of the functions of each configuration that have events
   * @param onError gets errors that no caller waits for; it never throws
   */
  constructor(configurations: readonly (readonly string[])[], onError: (error: unknown) => void) {
    this.#configurations = configurations;
    this.error = onError;
  }

  /**
   * True while all functions of a configuration are enabled, or, if none has events, while the gadget is configured.
   */
  get enabled(): boolean {
    const telling = this.#configurations.filter((names) => names.length > 0);
    if (telling.length === 0) return this.#configured;
    return telling.some((names) => names.every((name) => this.#enabled.has(name)));
  }

  /** Takes the state of the controller, which decides if no function has events. */
  stateChanged(state: UsbDeviceState): void {
    this.#configured = state === 'configured';
    this.#wake();
  }

  event(event: StackEvent): void {
    if (event.type === 'ENABLE') this.#enabled.add(event.function);
    else if (event.type === 'DISABLE' || event.type === 'UNBIND') this.#enabled.delete(event.function);
    for (const listener of [...this.#listeners]) {
      attempt(() => listener(event), this.error);
    }
    for (const queue of this.#queues) queue.push(event);
    this.#wake();
  }

  onEvent(listener: (event: StackEvent) => void): Disposable {
    // The same listener may be added twice; each disposal removes one of them.
    const own = (event: StackEvent): void => listener(event);
    this.#listeners.add(own);
    // The listener may need the returned disposable, so it is told the present state after this call.
    const present = [...this.#enabled];
    if (present.length > 0)
      queueMicrotask(() => {
        for (const name of present)
          if (this.#listeners.has(own) && this.#enabled.has(name))
            attempt(() => own({ type: 'ENABLE', function: name }), this.error);
      });
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** Tells the listeners what a function does. */
  activity(activity: FunctionActivity): void {
    for (const listener of [...this.#activity]) attempt(() => listener(activity), this.error);
  }

  onActivity(listener: (activity: FunctionActivity) => void): Disposable {
    const own = (activity: FunctionActivity): void => listener(activity);
    this.#activity.add(own);
    return { [Symbol.dispose]: () => void this.#activity.delete(own) };
  }

  onSetup(handler: SetupHandler): Disposable {
    const own: SetupHandler = (request) => handler(request);
    this.setupHandlers.add(own);
    return { [Symbol.dispose]: () => void this.setupHandlers.delete(own) };
  }

  events(): AsyncIterableIterator<StackEvent> {
    const queue: EventQueue<StackEvent> = new EventQueue(() => this.#queues.delete(queue));
    for (const name of this.#enabled) queue.push({ type: 'ENABLE', function: name });
    if (this.#closed) queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  whenEnabled(): Promise<void> {
    if (this.enabled) return Promise.resolve();
    if (this.#closed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }

  #wake(): void {
    if (this.enabled) for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#listeners.clear();
    for (const queue of [...this.#queues]) queue.end();
    for (const { reject } of this.#waiters.splice(0)) reject(closed());
  }
}

function closed(): KernelError {
  return new KernelError('ESHUTDOWN', 'wait for enable', 'the stack was closed before a host configured the gadget.');
}
