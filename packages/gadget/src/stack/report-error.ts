import type { Clock, TraceSink } from '@gadgetloom/core';

/** The receivers of errors that no caller waits for. */
export interface ErrorAudience {
  /** The program's own handler. */
  readonly onError: ((error: unknown) => unknown) | undefined;
  readonly trace: TraceSink | undefined;
  readonly clock: Clock;
}

/**
 * Makes the function that reports errors that no caller waits for. The trace gets every error, and so does `onError`.
 * With neither, the error goes to the console. The function never throws, because a host must not be able to end the
 * program.
 */
export function errorReport({ onError, trace, clock }: ErrorAudience): (error: unknown) => void {
  const record = (error: unknown): void => {
    trace?.event({ at: clock.now(), source: 'gadget', what: 'error', details: describe(error) });
  };
  const print = (error: unknown): void => {
    console.error('gadgetloom: a handler of the gadget failed; pass `onError` to composeStack to handle this.', error);
  };
  return (error) => {
    record(error);
    if (onError === undefined) {
      if (trace === undefined) print(error);
      return;
    }
    attempt(
      () => onError(error),
      (failure) => {
        record(failure);
        print(failure);
      },
    );
  };
}

/** Calls a function of the program. If it throws or its promise rejects, `failed` gets the error. */
export function attempt(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}

function describe(error: unknown): Record<string, string | undefined> {
  if (error instanceof Error) return { message: error.message, name: error.name };
  // An object may have no toString, and a report must not throw.
  return { message: typeof error === 'object' ? Object.prototype.toString.call(error) : String(error) };
}
