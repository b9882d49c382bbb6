import type { StrayErrors } from '@gadgetloom/conformance';

/** An error that would have ended the program. */
class UncaughtError extends Error {
  constructor(cause: unknown) {
    super('Nobody catches this.', { cause });
    this.stack = `Thrown where nobody catches it: ${cause instanceof Error ? cause.stack : String(cause)}`;
  }
}

/** Reports errors that nobody catches, and a program that has nothing left to wait for. */
export const uncaughtErrors: StrayErrors = (tell) => {
  const thrown = (cause: unknown): void => tell(new UncaughtError(cause));
  const idle = (): void => tell(new Error('It never came to an end: nothing is left that it could wait for.'));
  process.on('uncaughtException', thrown).on('unhandledRejection', thrown).on('beforeExit', idle);
  return {
    [Symbol.dispose]: () =>
      void process.off('uncaughtException', thrown).off('unhandledRejection', thrown).off('beforeExit', idle),
  };
};
