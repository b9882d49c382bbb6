import { Errno, type ErrnoCode, errnoMeaning } from './errno.ts';

/**
 * A call that the kernel, real or modelled, refused. All failed operations throw this class.
 *
 * Test for it with {@link isKernelError}, not with `instanceof`: two copies of this package may be installed side by side.
 */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  /** Name of the errno, for example `'EBUSY'`. */
  readonly code: ErrnoCode;
  /** Number of the errno, positive, as on Linux for x86 and arm. */
  readonly errno: number;
  /** The operation that failed, in the kernel's words: `'FUNCTIONFS_DMABUF_TRANSFER'`, `'open ep1'`. */
  readonly operation: string;

  /**
   * @param code name of the errno
   * @param operation the operation that failed
   * @param advice one sentence on what the caller can do; the meaning of the errno unless given
   */
  constructor(code: ErrnoCode, operation: string, advice?: string, options?: ErrorOptions) {
    // Numbers that Linux does not name carry themselves: 'E4711'.
    const errno: number = Errno[code] ?? Number(code.slice(1));
    super(`${operation}: ${code}: ${advice ?? errnoMeaning(errno)}`, options);
    this.code = code;
    this.errno = errno;
    this.operation = operation;
  }
}

/** True for a {@link KernelError} from any copy of this package. With `code`, only for that errno. */
export function isKernelError(error: unknown, code?: ErrnoCode): error is KernelError {
  return (
    error instanceof Error &&
    error.name === 'KernelError' &&
    (code === undefined || (error as KernelError).code === code)
  );
}
