import type { Usbfs } from './usbfs.ts';

/** What the addon gives back for a mapping: the memory, and what {@link Addon.unmap} wants beside it. */
export type Mapping = readonly [memory: ArrayBuffer, handle: object];

/**
 * Watches descriptors on the event loop. Everything that is ready at one wake-up arrives in one call. Promises and
 * `process.nextTick` that the callback makes have their turn before its next call and before immediates, but callbacks of
 * other I/O may come first; for `node:async_hooks` it belongs to nothing.
 */
export interface Poller {
  /** When the reports were made: one number, nanoseconds of CLOCK_MONOTONIC. */
  readonly time: Float64Array;
  /**
   * Reports of token, EPOLL bits and status, three numbers each; the callback's argument tells how many are valid. The status
   * is that of the token's sync file, as {@link Addon.syncFileStatus} has it, or 0 if it has none.
   */
  readonly ready: Int32Array;
  /**
   * By token, for those below its length: descriptor of a sync file whose status is wanted with every report, or -1. To be
   * set to -1 before the sync file is closed, and before the kernel must not be asked about its fences any more.
   */
  readonly syncFiles: Int32Array;
  /** 0 or a negative errno. @param events EPOLLIN 1, EPOLLOUT 4, EPOLLONESHOT 1 << 30 ... */
  add(fd: number, token: number, events: number): number;
  /** Other events for a descriptor that is watched. 0 or a negative errno. */
  change(fd: number, token: number, events: number): number;
  /** Watches it no more. 0 or a negative errno. */
  remove(fd: number): number;
  /** Whether the process stays alive for this poller; it does at first. */
  keepAlive(on: 0 | 1): void;
  /** No callback comes after it. Closing twice is harmless. */
  close(): void;
}

/**
 * Reads and writes of files whose other end decides when they are over. The kernel works with memory of the addon's own.
 * At most 64 are under way; each takes at most 64 MiB.
 */
export interface Aio {
  /** Readable when something is over. */
  readonly fd: number;
  /** Pairs of slot and result, after {@link reap}. */
  readonly done: Int32Array;
  /** Slot of the operation, or a negative errno; EAGAIN all slots are taken. */
  read(fd: number, length: number): number;
  /** As {@link read}; the bytes are copied at once. */
  write(fd: number, bytes: Uint8Array): number;
  /** How many pairs are in {@link done}. Each slot is then to be given back with {@link take}. */
  reap(): number;
  /** Copies what was read, as far as `into` has room, and gives the slot back. */
  take(slot: number, into?: Uint8Array): number;
  /** Asks for an early end; the operation is still reported. */
  cancel(slot: number): number;
  /** Cancels everything and reports nothing. Closing twice is harmless. */
  close(): void;
}

/**
 * The native functions. Each gives the result of its system call, or the negative errno. Wrong arguments throw
 * TypeError or RangeError and reach no system call.
 *
 * Descriptors that they make are the thread's: those that {@link Addon.close} or {@link Addon.closeAll} have not closed are
 * closed when it ends, also when it is terminated. So close them with these, not with `node:fs`.
 */
export interface Addon {
  /** Names of the requests that {@link ioctl} takes, by number. */
  readonly requests: readonly string[];
  /** Bytes of a page of memory: 4096 mostly, 16384 or 65536 on some kernels for arm64. */
  readonly pageSize: number;
  /** Of this thread's {@link dmabufTransfer}: descriptors of endpoint and buffer, which it takes, and its result. */
  readonly transferIntegers: Int32Array;
  /** Of the same: bytes to transfer, and when it was about to be queued, nanoseconds of CLOCK_MONOTONIC. */
  readonly transferNumbers: Float64Array;
  readonly Poller: new (callback: (count: number) => void) => Poller;
  /** Throws with code ENOSYS on a kernel without asynchronous I/O. */
  readonly Aio: new () => Aio;
  /** @param callback told the result of what {@link Usbfs.begin} began */
  readonly Usbfs: new (
    callback: (result: number) => void,
  ) => Usbfs;
  /** @param request index in {@link requests} @param argument the request's struct; too short a one throws */
  ioctl(fd: number, request: number, argument?: Uint8Array): number;
  /** A FunctionFS request that does not exist. */
  unknownIoctl(fd: number): number;
  /**
   * FUNCTIONFS_DMABUF_TRANSFER, unless the endpoint is not enabled (EAGAIN on a nonblocking file): on a function that is
   * not bound it would crash the kernel. The result is the descriptor of a sync file with the transfer's fence, from
   * DMA_BUF_IOCTL_EXPORT_SYNC_FILE; -1000-errno if the transfer is under way and that call failed.
   *
   * Arguments and result are in {@link transferIntegers} and {@link transferNumbers}: every transfer makes this call, and
   * converting them would take as long as a short system call.
   */
  dmabufTransfer(): void;
  /** FUNCTIONFS_DMABUF_DETACH, unless the function is not bound (ENXIO): then it would crash the kernel. */
  dmabufDetach(endpoint: number, buffer: number): number;
  /** FUNCTIONFS_INTERFACE_REVMAP. @param number of an interface on the bus, 0 to 255 */
  interfaceRevmap(ep0: number, number: number): number;
  /** DMA_BUF_SET_NAME. */
  setDmaBufName(fd: number, name: string): number;
  /** SYNC_IOC_MERGE; gives a descriptor. @param name less than 32 bytes */
  syncMerge(fd: number, other: number, name: string): number;
  /** SYNC_IOC_FILE_INFO; gives the number of fences. @param into struct sync_file_info, then struct sync_fence_info each */
  syncFileInfo(fd: number, into: Uint8Array): number;
  /**
   * Overall status: 1, 0 or the fence's negative errno; 2 if the fence was over before the sync file was exported, so that
   * nobody knows how it ended; -1000-errno if the call itself fails.
   */
  syncFileStatus(fd: number): number;
  /**
   * mmap(2), shared and writable; EACCES if `fd` is open for reading only. Like every mapping, it ends the process with
   * SIGBUS when somebody touches memory behind the end of a file that was truncated later: seal files against shrinking.
   */
  mmap(fd: number, length: number, offset: number): Mapping | number;
  /** munmap(2): every view of the memory is empty from now on. */
  unmap(memory: ArrayBuffer, handle: object): void;
  /** mount(2), for `functionfs` and `configfs`. */
  mount(source: string, target: string, type: string, options: string): number;
  /** umount(2). */
  umount(target: string): number;
  /**
   * Reads the access control list of a file, as linux/posix_acl_xattr.h lays it out, and gives its bytes. ENODATA: the file
   * has permission bits alone. EOPNOTSUPP: its file system has no such lists. ERANGE: `into` is too short.
   */
  readAcl(path: string, into: Uint8Array): number;
  /** Replaces the access control list of a file. One that permission bits can express becomes those. */
  writeAcl(path: string, bytes: Uint8Array): number;
  /** dup(2), with O_CLOEXEC; gives a descriptor. */
  dup(fd: number): number;
  /** close(2). */
  close(fd: number): number;
  /** Closes the first `count` descriptors, neighbours in one call (close_range). At most 256. */
  closeAll(descriptors: Int32Array, count: number): void;
  /** lseek(2); gives the offset. @param whence SEEK_SET 0, SEEK_CUR 1, SEEK_END 2 */
  lseek(fd: number, offset: number, whence: number): number;
  /** poll(2) without waiting: which of `events` hold, and POLLERR or POLLHUP. */
  poll(fd: number, events: number): number;
  /** Sets or clears O_NONBLOCK. 0 or a negative errno. */
  setNonblock(fd: number, on: 0 | 1): number;
  /** memfd_create(2), ftruncate(2) and F_ADD_SEALS in one. @param seals F_SEAL bits */
  memfd(name: string, size: number, seals: number): number;
  /**
   * A Unix stream socket that listens; gives a descriptor that does not block. Nobody else than the user may connect.
   *
   * @param path less than 108 bytes
   */
  unixListen(path: string): number;
  /** Connects to a Unix stream socket; gives a descriptor that does not block. */
  unixConnect(path: string): number;
  /** accept(2); gives a descriptor that does not block. */
  unixAccept(fd: number): number;
  /** sendmsg(2) without waiting, with the first `count` descriptors; gives the bytes that were sent. At most 253 descriptors. */
  sendMessage(fd: number, bytes: Uint8Array, descriptors: Int32Array, count: number): number;
  /**
   * recvmsg(2) without waiting; gives the bytes that were received. The descriptors that came with them are the caller's to
   * close; -1 stands behind the last one.
   *
   * @param descriptors has room for 254
   */
  receiveMessage(fd: number, bytes: Uint8Array, descriptors: Int32Array): number;
  /** eventfd(2), from 0 on; gives a descriptor that does not block. */
  eventfd(): number;
  /** Writes a 1 to an eventfd, or to a pipe in its place. 0 or a negative errno. */
  eventSignal(fd: number): number;
  /** Reads the count of an eventfd, which is 0 afterwards, or 8 bytes of a pipe. EPIPE: the pipe has ended. */
  eventTake(fd: number): number;
}
