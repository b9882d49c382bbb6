import { KernelError } from '@gadgetloom/core';
import type { Interrupt } from '@gadgetloom/dmabuf/model';

/** Ends the waits of the calls on a file, as a signal to the calling tasks would. */
export class PendingSignal implements Interrupt {
  #aborted = false;
  readonly #listeners = new Set<() => void>();

  /** True once it was raised. Later waits then end at once. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** Ends the current waits and all later ones. */
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

/** The error of an interrupted call. */
export function interrupted(operation: string): KernelError {
  return new KernelError(
    'EINTR',
    operation,
    'The call was interrupted, or its file disposed, while it was in progress.',
  );
}
