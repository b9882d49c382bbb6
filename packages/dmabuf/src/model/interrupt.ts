/**
 * What ends a wait early, as a signal to the waiting task does in the kernel. An AbortSignal is one; this names the
 * part of it that is needed, so that neither the types of Node nor those of browsers are.
 */
export interface Interrupt {
  readonly aborted: boolean;
  /** Calls back when it happens, as `AbortSignal` does. */
  addEventListener(type: 'abort', listener: () => void): void;
  /** Undoes {@link addEventListener}. */
  removeEventListener(type: 'abort', listener: () => void): void;
}
