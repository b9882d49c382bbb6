/**
 * The errno values of Linux on its generic architectures (x86, arm, riscv): name, number and meaning.
 * Source: include/uapi/asm-generic/errno-base.h, errno.h, and include/linux/errno.h for the kernel-internal ones.
 */
const table = [
  ['EPERM', 1, 'operation not permitted'],
  ['ENOENT', 2, 'no such file or directory'],
  ['EINTR', 4, 'interrupted'],
  ['EIO', 5, 'input/output error'],
  ['ENXIO', 6, 'no such device or address'],
  ['E2BIG', 7, 'argument list too long'],
  ['EBADF', 9, 'bad file descriptor'],
  ['EAGAIN', 11, 'try again'],
  ['ENOMEM', 12, 'out of memory'],
  ['EACCES', 13, 'permission denied'],
  ['EFAULT', 14, 'bad address'],
  ['EBUSY', 16, 'device or resource busy'],
  ['EEXIST', 17, 'already exists'],
  ['EXDEV', 18, 'isochronous packet missed'],
  ['ENODEV', 19, 'no such device'],
  ['ENOTDIR', 20, 'not a directory'],
  ['EISDIR', 21, 'is a directory'],
  ['EINVAL', 22, 'invalid argument'],
  ['ENFILE', 23, 'too many open files in the system'],
  ['EMFILE', 24, 'too many open files'],
  ['ENOTTY', 25, 'unknown ioctl'],
  ['EFBIG', 27, 'file too large'],
  ['ENOSPC', 28, 'no space left'],
  ['ESPIPE', 29, 'illegal seek'],
  ['EROFS', 30, 'read-only file system'],
  ['EPIPE', 32, 'endpoint stalled'],
  ['EDOM', 33, 'argument out of domain'],
  ['ERANGE', 34, 'out of range'],
  ['EDEADLK', 35, 'deadlock avoided'],
  ['ENAMETOOLONG', 36, 'name too long'],
  ['ENOSYS', 38, 'not implemented'],
  ['ENOTEMPTY', 39, 'directory not empty'],
  ['ENOMSG', 42, 'no message'],
  ['EIDRM', 43, 'identifier removed'],
  ['EL2HLT', 51, 'level 2 halted'],
  ['ENODATA', 61, 'no data available'],
  ['ETIME', 62, 'timer expired'],
  ['ECOMM', 70, 'communication error'],
  ['EPROTO', 71, 'protocol error'],
  ['EBADMSG', 74, 'bad message'],
  ['EOVERFLOW', 75, 'value too large, or more data than was asked for'],
  ['EBADFD', 77, 'file descriptor in bad state'],
  ['EILSEQ', 84, 'illegal byte sequence'],
  ['EMSGSIZE', 90, 'message too long'],
  ['EOPNOTSUPP', 95, 'operation not supported'],
  ['EADDRINUSE', 98, 'address in use'],
  ['EADDRNOTAVAIL', 99, 'address not available'],
  ['ENOBUFS', 105, 'no buffer space'],
  ['EISCONN', 106, 'already connected'],
  ['ENOTCONN', 107, 'not connected'],
  ['ESHUTDOWN', 108, 'endpoint disabled or device gone'],
  ['ETIMEDOUT', 110, 'timed out'],
  ['EALREADY', 114, 'already in progress'],
  ['EINPROGRESS', 115, 'in progress'],
  ['EREMOTEIO', 121, 'short transfer'],
  ['ECANCELED', 125, 'cancelled'],
  ['ECONNRESET', 104, 'transfer cancelled'],
  ['ERESTARTSYS', 512, 'interrupted, to be restarted'],
  ['ENOTSUPP', 524, 'operation not supported (kernel internal)'],
] as const;

/** The name of an errno, for example `'EBUSY'`. */
export type ErrnoCode = (typeof table)[number][0];

/** Number of each errno, positive: `Errno.EBUSY === 16`. */
export const Errno = Object.freeze(Object.fromEntries(table.map(([code, number]) => [code, number]))) as {
  readonly [C in ErrnoCode]: Extract<(typeof table)[number], readonly [C, number, string]>[1];
};

const byNumber = new Map<number, (typeof table)[number]>(table.map((row) => [row[1], row]));

/** Name of an errno number; the sign is ignored. Numbers that are not in the table give `'E<number>'`. */
export function errnoCode(errno: number): ErrnoCode {
  return byNumber.get(Math.abs(errno))?.[0] ?? (`E${Math.abs(errno)}` as ErrnoCode);
}

/** What an errno means, in a few words; the sign is ignored. */
export function errnoMeaning(errno: number): string {
  return byNumber.get(Math.abs(errno))?.[2] ?? 'unknown error';
}
