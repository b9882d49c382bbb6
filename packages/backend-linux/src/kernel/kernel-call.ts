import { type ErrnoCode, errnoCode, isKernelError, KernelError } from '@gadgetloom/core';

/** What a user can do about each errno of a call. */
export type Advice = Readonly<Partial<Record<ErrnoCode, string>>>;

/** Advice for errnos that mean the same for every call. */
const ALWAYS: Advice = {
  EMFILE: 'This process has no file descriptor left. Close buffers and files, or raise `ulimit -n`.',
  ENFILE: 'This machine has too many open files. Close some, or raise the sysctl fs.file-max.',
};

/** The error of a system call whose result is the negative errno `result`. */
export function refusal(result: number, operation: string, advice: Advice = {}): KernelError {
  const code = errnoCode(result);
  return new KernelError(code, operation, advice[code] ?? ALWAYS[code]);
}

/** Returns the result of a system call. @throws KernelError `result` is a negative errno */
export function succeeded(result: number, operation: string, advice: Advice = {}): number {
  if (result < 0) throw refusal(result, operation, advice);
  return result;
}

/** Converts an error of Node's fs module into a KernelError. Returns other errors unchanged. */
export function fromNode(error: unknown, operation: string, advice: Advice = {}): unknown {
  if (isKernelError(error)) return error;
  const errno = (error as { errno?: unknown } | null)?.errno;
  if (!(error instanceof Error) || typeof errno !== 'number') return error;
  const code = errnoCode(-Math.abs(errno));
  return new KernelError(code, operation, advice[code] ?? ALWAYS[code], { cause: error });
}

/** Runs a call of Node's fs module. @throws KernelError in place of Node's error */
export function fileCall<T>(operation: string, call: () => T, advice: Advice = {}): T {
  try {
    return call();
  } catch (error) {
    throw fromNode(error, operation, advice);
  }
}

/** Like {@link fileCall}, for calls that return a promise. */
export async function fileCallAsync<T>(operation: string, call: () => Promise<T>, advice: Advice = {}): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromNode(error, operation, advice);
  }
}
