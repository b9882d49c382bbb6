import { KernelError } from '@gadgetloom/core';
import type { Interrupt } from '@gadgetloom/dmabuf/model';

/** What ends the waits of the calls on a file: the counterpart of a signal to the tasks that make them. */
export class PendingSignal implements Interrupt {
  #aborted = false;
  readonly #listeners = new Set<() => void>();

  /** True once it was raised; waits end at once from then on. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** Ends the waits that listen now, and all later ones. */
  raise(): void {
    this.#aborted = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}

/** The error of a call that was ended so. */
export function interrupted(operation: string): KernelError {
  return new KernelError(
    'EINTR',
    operation,
    'The call was interrupted, or its file disposed, while it was in progress.',
  );
}
