import { type ErrnoCode, errnoCode, isKernelError, KernelError } from '@gadgetloom/core';

/** What a caller can do about an errno of some call. */
export type Advice = Readonly<Partial<Record<ErrnoCode, string>>>;

/** Where it does not matter what was called. */
const ALWAYS: Advice = {
  EMFILE: 'This process has no descriptor left: close buffers and files, or raise `ulimit -n`.',
  ENFILE: 'The machine has no open file left: close some, or raise the sysctl fs.file-max.',
};

/** The error of a system call that gave a negative errno. */
export function refusal(result: number, operation: string, advice: Advice = {}): KernelError {
  const code = errnoCode(result);
  return new KernelError(code, operation, advice[code] ?? ALWAYS[code]);
}

/** The result of a system call. @throws KernelError it is a negative errno */
export function succeeded(result: number, operation: string, advice: Advice = {}): number {
  if (result < 0) throw refusal(result, operation, advice);
  return result;
}

/** An error of Node's fs module, as the kernel meant it; other errors stay what they are. */
export function fromNode(error: unknown, operation: string, advice: Advice = {}): unknown {
  if (isKernelError(error)) return error;
  const errno = (error as { errno?: unknown } | null)?.errno;
  if (!(error instanceof Error) || typeof errno !== 'number') return error;
  const code = errnoCode(-Math.abs(errno));
  return new KernelError(code, operation, advice[code] ?? ALWAYS[code], { cause: error });
}

/** Runs a call of Node's fs module. @throws KernelError instead of its error */
export function fileCall<T>(operation: string, call: () => T, advice: Advice = {}): T {
  try {
    return call();
  } catch (error) {
    throw fromNode(error, operation, advice);
  }
}

/** As {@link fileCall}, for calls that give a promise. */
export async function fileCallAsync<T>(operation: string, call: () => Promise<T>, advice: Advice = {}): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromNode(error, operation, advice);
  }
}
